import { onScopeDispose, ref, type Ref } from 'vue';

/** The time, moved on every half minute: for texts such as how much time is left. Milliseconds. */
const EVERY = 30_000;

export function useNow(): Ref<number> {
  const now = ref(Date.now());
  const tick = setInterval(() => (now.value = Date.now()), EVERY);
  onScopeDispose(() => clearInterval(tick));
  return now;
}
