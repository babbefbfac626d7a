import { useRecordPokes } from '@shared/app';
import { onScopeDispose, shallowRef, watch } from 'vue';
import { useRecordContext } from '../record/context';

/** Readings that follow changes elsewhere are at least this far apart. Milliseconds. */
const GAP = 4_000;

/**
 * Something read beside the record, and again when records change. It is extra:
 * a failure leaves the page as it is.
 */
export function useBeside<T>(read: (kind: string, id: string, signal: AbortSignal) => Promise<T>) {
  const { kind, record } = useRecordContext();
  const found = shallowRef<T | null>(null);
  let request = new AbortController();

  async function load() {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    try {
      const next = await read(kind.value.key, record.value.id, signal);
      if (!signal.aborted) found.value = next;
    } catch {
      // What was read last stays.
    }
  }

  let soon: ReturnType<typeof setTimeout> | undefined;
  function later() {
    soon ??= setTimeout(() => {
      soon = undefined;
      void load();
    }, GAP);
  }
  useRecordPokes(later);
  // One's own changes are seen at once.
  watch(record, () => void load());
  onScopeDispose(() => {
    request.abort();
    clearTimeout(soon);
  });
  void load();

  return { found, reload: load };
}
