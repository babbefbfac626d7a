import { resume, whenSignedOut } from '@shared/app';
import { createRouter, createWebHistory } from 'vue-router';
import ListPage from './ListPage.vue';
import SignInPage from './SignInPage.vue';

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: '/signin', name: 'signin', component: SignInPage },
    { path: '/:kind?', name: 'list', component: ListPage },
  ],
});

router.beforeEach(async (to) => {
  if (to.name === 'signin') return true;
  try {
    if (await resume()) return true;
  } catch {
    // Not reachable: the sign-in page says so when its button is pressed.
  }
  return { name: 'signin' };
});

whenSignedOut(() => {
  if (router.currentRoute.value.name !== 'signin') void router.push({ name: 'signin' });
});
