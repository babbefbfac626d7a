import { resume, schema, whenSignedOut } from '@shared/app';
import { t } from '@shared/i18n';
import { createRouter, createWebHistory } from 'vue-router';
import AppShell from './shell/AppShell.vue';
import SignInPage from './signin/SignInPage.vue';

export const router = createRouter({
  history: createWebHistory(import.meta.env.BASE_URL),
  routes: [
    { path: '/signin', name: 'signin', component: SignInPage },
    {
      path: '/',
      component: AppShell,
      children: [
        { path: '', name: 'home', component: { render: () => null } },
        {
          path: 'search',
          name: 'search',
          component: () => import('./search/SearchPage.vue'),
        },
        {
          path: 'deadlines',
          name: 'deadlines',
          component: () => import('./deadlines/DeadlinesPage.vue'),
        },
        {
          path: 'admin/lists/:list?',
          name: 'admin-lists',
          component: () => import('./admin/ListsPage.vue'),
        },
        {
          path: 'admin/settings',
          name: 'admin-settings',
          component: () => import('./admin/SettingsPage.vue'),
        },
        {
          path: 'admin/calendar/:year?',
          name: 'admin-calendar',
          component: () => import('./admin/CalendarPage.vue'),
        },
        {
          path: 'return-visits',
          name: 'return-visits',
          component: () => import('./plan/PlanPage.vue'),
        },
        {
          path: 'proposals',
          name: 'proposals',
          component: () => import('./proposals/ProposalsPage.vue'),
        },
        {
          path: ':kind',
          name: 'list',
          component: () => import('./list/ListPage.vue'),
        },
        {
          path: ':kind/new',
          name: 'new',
          component: () => import('./record/NewRecordPage.vue'),
        },
        {
          path: ':kind/:id',
          name: 'record',
          component: () => import('./record/RecordPage.vue'),
        },
      ],
    },
  ],
});

router.beforeEach(async (to) => {
  if (to.name === 'signin') return true;
  try {
    if (await resume()) {
      // Which kind comes first is known only once the schema is there.
      return to.name === 'home' ? { path: firstKind() } : true;
    }
    return { name: 'signin', query: { to: to.fullPath } };
  } catch (error) {
    return { name: 'signin', query: { to: to.fullPath, error: codeOf(error) } };
  }
});

router.afterEach(() => {
  document.title = t('app.title');
});

whenSignedOut(() => {
  const { name, fullPath } = router.currentRoute.value;
  if (name !== 'signin') void router.push({ name: 'signin', query: { to: fullPath } });
});

function firstKind(): string {
  return `/${schema.value?.mainKinds[0]?.key ?? 'signin'}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}
