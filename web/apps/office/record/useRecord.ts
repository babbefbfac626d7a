import type { Intent, RecordView } from '@core/types';
import { api, useRecordPokes } from '@shared/app';
import { onScopeDispose, ref, shallowRef } from 'vue';
import { changedPaths } from './changes';

/** How long what changed elsewhere stays marked. Milliseconds. */
const MARKED_FOR = 4_000;

/** One record, kept up to date while its page is open. */
export function useRecord(kind: string, id: string, companion: string | null) {
  const record = shallowRef<RecordView | null>(null);
  const failure = shallowRef<unknown>(null);
  const changed = shallowRef<ReadonlySet<string>>(new Set());
  const saving = ref(false);
  let reading: AbortController | null = null;
  let again = false;
  let unmark: ReturnType<typeof setTimeout> | undefined;

  /** Reads the record; reads asked for meanwhile become one more read afterwards. */
  async function load() {
    if (reading || saving.value) {
      again = true;
      return;
    }
    reading = new AbortController();
    const { signal } = reading;
    try {
      const next = await api.record(kind, id, signal);
      if (record.value) mark(changedPaths(record.value, next));
      record.value = next;
      failure.value = null;
    } catch (error) {
      if (!signal.aborted && !record.value) failure.value = error;
    } finally {
      reading = null;
      if (!signal.aborted) repeat();
    }
  }

  function repeat() {
    if (!again || saving.value) return;
    again = false;
    void load();
  }

  async function apply(intents: Intent[]) {
    saving.value = true;
    // An answer that left before this change must not overwrite its result.
    reading?.abort();
    try {
      record.value = await api.change(kind, id, intents);
    } finally {
      saving.value = false;
      repeat();
    }
  }

  function mark(paths: string[]) {
    if (paths.length === 0) return;
    changed.value = new Set([...changed.value, ...paths]);
    clearTimeout(unmark);
    unmark = setTimeout(() => (changed.value = new Set()), MARKED_FOR);
  }

  useRecordPokes((poke) => {
    const concerns = !poke || poke.id === id || (companion !== null && poke.kind === companion);
    if (concerns) void load();
  });
  onScopeDispose(() => {
    reading?.abort();
    clearTimeout(unmark);
  });
  void load();

  return { record, failure, changed, saving, apply, reload: load };
}
