import type { DeadlineRow } from '@core/types';
import { api, currentSchema, useRecordPokes } from '@shared/app';
import { knowTitles } from '@shared/composables/useTitles';
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { readFilters, toRequest, writeFilters, type DeadlineFilters } from './filters';

/** Readings that follow changes elsewhere are at least this far apart. Milliseconds. */
const GAP = 2_000;
/** States change as time goes on, without any change of a record. Milliseconds. */
const EVERY = 60_000;
const PAGE = 50;

/** What is owed, driven by the page's address and kept up to date. */
export function useDeadlines() {
  const route = useRoute();
  const router = useRouter();
  const filters = computed(() => readFilters(route.query));
  const items = shallowRef<DeadlineRow[] | null>(null);
  const total = ref(0);
  const next = ref<string | null>(null);
  const failure = shallowRef<unknown>(null);
  const loading = ref(false);
  const asked = computed(() => toRequest(filters.value, currentSchema().caseKinds));
  let request = new AbortController();

  /** @param limit so that rows already shown by 显示更多 stay on screen. */
  async function load(cursor?: string, limit = PAGE) {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    loading.value = true;
    try {
      const words = { ...asked.value, limit: String(limit) };
      const page = await api.deadlines(cursor ? { ...words, cursor } : words, signal);
      if (signal.aborted) return;
      knowTitles(page.refs);
      items.value = cursor ? [...(items.value ?? []), ...page.items] : page.items;
      total.value = page.total;
      next.value = page.next;
      failure.value = null;
    } catch (error) {
      if (!signal.aborted && !items.value) failure.value = error;
    } finally {
      if (!signal.aborted) loading.value = false;
    }
  }

  function show(change: Partial<DeadlineFilters>) {
    void router.push({ query: writeFilters({ ...filters.value, ...change }) });
  }

  const again = () => {
    if (!loading.value) void load(undefined, Math.max(PAGE, items.value?.length ?? 0));
  };
  let soon: ReturnType<typeof setTimeout> | undefined;
  useRecordPokes(() => {
    soon ??= setTimeout(() => {
      soon = undefined;
      again();
    }, GAP);
  });
  const regularly = setInterval(() => document.hidden || again(), EVERY);
  watch(
    () => JSON.stringify(asked.value),
    () => {
      if (route.name !== 'deadlines') return;
      items.value = null;
      void load();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    request.abort();
    clearTimeout(soon);
    clearInterval(regularly);
  });

  return {
    filters,
    items,
    total,
    next,
    failure,
    loading,
    show,
    more: () => next.value && void load(next.value),
    reload: () => void load(),
  };
}
