import type { RecordPage } from '@core/types';
import { api, useRecordPokes } from '@shared/app';
import { knowTitles } from '@shared/composables/useTitles';
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { readState, sequenceKey, toRequest, writeState, type ListState } from './listQuery';
import { rememberTrail } from './trail';

/** Live reloads are at least this far apart, however many records change. Milliseconds. */
const RELOAD_GAP = 1_500;
/** How long a row that changed stays marked. Milliseconds. */
const MARKED_FOR = 4_000;

/** One kind's list, driven by the page's address. */
export function useList(kind: Ref<string>) {
  const route = useRoute();
  const router = useRouter();
  const state = computed(() => readState(route.query));
  const page = shallowRef<RecordPage | null>(null);
  const failure = shallowRef<unknown>(null);
  const loading = ref(false);
  const changed = shallowRef<ReadonlySet<string>>(new Set());
  let request = new AbortController();
  let unmark: ReturnType<typeof setTimeout> | undefined;

  async function load(live = false) {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    loading.value = !live;
    try {
      const next = await api.list(kind.value, toRequest(state.value), signal);
      if (signal.aborted) return;
      knowTitles(next.refs);
      if (live) mark(next);
      page.value = next;
      failure.value = null;
      rememberTrail(kind.value, next.items, route.fullPath);
      rememberCursor(next.next);
    } catch (error) {
      if (signal.aborted) return;
      // A live reload that failed leaves what is on screen; the next one tells.
      if (!live) failure.value = error;
    } finally {
      if (!signal.aborted) loading.value = false;
    }
  }

  function mark(next: RecordPage) {
    const before = new Map(page.value?.items.map((row) => [row.id, row.updated_at]));
    changed.value = new Set(
      next.items.filter((row) => before.get(row.id) !== row.updated_at).map((row) => row.id),
    );
    clearTimeout(unmark);
    unmark = setTimeout(() => (changed.value = new Set()), MARKED_FOR);
  }

  /** Changes what is shown; anything but a page turn begins at the first page. */
  function show(change: Partial<ListState>) {
    const turn = 'page' in change;
    const next = { ...state.value, ...(turn ? {} : { page: 1, cursor: '' }), ...change };
    void router.push({ query: writeState(next) });
  }

  function rememberCursor(next: string | null) {
    if (!next) return;
    const known = cursors();
    known[state.value.page + 1] = next;
    sessionStorage.setItem(cursorKey(), JSON.stringify(known));
  }

  function turn(by: 1 | -1) {
    const to = state.value.page + by;
    const cursor = by === 1 ? page.value?.next : cursors()[to];
    // Opened by a link in the middle: the way back is not known, the start is.
    show(to > 1 && cursor ? { page: to, cursor } : { page: 1, cursor: '' });
  }

  const cursorKey = () => `fieldledger.cursors.${sequenceKey(kind.value, state.value)}`;
  function cursors(): Record<number, string> {
    try {
      return JSON.parse(sessionStorage.getItem(cursorKey()) ?? '{}') as Record<number, string>;
    } catch {
      return {};
    }
  }

  const address = computed(() => JSON.stringify([kind.value, toRequest(state.value)]));
  watch(address, () => route.name === 'list' && void load(), { immediate: true });

  let reload: ReturnType<typeof setTimeout> | undefined;
  useRecordPokes((poke) => {
    if (poke && poke.kind !== kind.value) return;
    reload ??= setTimeout(() => {
      reload = undefined;
      if (!loading.value) void load(true);
    }, RELOAD_GAP);
  });

  onScopeDispose(() => {
    request.abort();
    clearTimeout(reload);
    clearTimeout(unmark);
  });

  return { state, page, failure, loading, changed, show, turn, reload: () => load() };
}
