import type { SearchHit, SearchPage } from '@core/types';
import { api } from '@shared/app';
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';

/** How long typing rests before the server is asked. Milliseconds. */
const REST = 220;
/** Records offered below the box. */
const OFFERED = 12;

/**
 * What is found while someone types: groups by kind, the best group first. While `open` is false,
 * as on the page of results, nobody looks and nothing is asked.
 */
export function useSuggest(text: Ref<string>, open: Ref<boolean>) {
  const page = shallowRef<SearchPage | null>(null);
  /** What `page` was found for. */
  const asked = ref('');
  const failure = shallowRef<unknown>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let request = new AbortController();

  const groups = computed(() => {
    const byKind = new Map<string, SearchHit[]>();
    for (const hit of page.value?.items ?? []) {
      byKind.set(hit.kind, [...(byKind.get(hit.kind) ?? []), hit]);
    }
    return [...byKind].map(([kind, hits]) => ({ kind, hits }));
  });
  /** In the order of the screen, which the arrow keys follow. */
  const hits = computed(() => groups.value.flatMap((group) => group.hits));

  async function ask(q: string) {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    try {
      const found = await api.search(q, { limit: OFFERED }, signal);
      if (signal.aborted) return;
      page.value = found;
      asked.value = q;
      failure.value = null;
    } catch (error) {
      if (!signal.aborted) failure.value = error;
    }
  }

  function forget() {
    clearTimeout(timer);
    request.abort();
    page.value = null;
    failure.value = null;
  }

  watch([text, open], ([now]) => {
    clearTimeout(timer);
    const q = now.trim();
    if (q === '') forget();
    else if (open.value && (!page.value || q !== asked.value))
      timer = setTimeout(() => void ask(q), REST);
  });
  onScopeDispose(forget);

  return { page, asked, failure, groups, hits, forget };
}
