import { ApiError, asApiError } from '@core/error';
import type { FieldValue, Intent } from '@core/types';
import { currentSchema } from '@shared/app';
import type { KindSchema } from '@shared/schema';
import { shallowRef } from 'vue';
import type { Draft } from './useDraft';
import { same, toSend } from './values';

/** Saves a draft as intents and puts refusals beside the fields they concern. */
export function useSave(
  kind: () => KindSchema,
  draft: Draft,
  apply: (intents: Intent[]) => Promise<void>,
) {
  const errors = shallowRef<ReadonlyMap<string, ApiError>>(new Map());
  /** A refusal that concerns no field on screen. */
  const failure = shallowRef<ApiError | null>(null);

  /** @returns whether everything was saved. */
  async function save(): Promise<boolean> {
    const sent: { field: string; value: FieldValue; typed: FieldValue }[] = [];
    const wrong = new Map<string, ApiError>();
    for (const [key, { value }] of Object.entries(draft.items)) {
      const field = currentSchema().field(kind(), key);
      const ready = field ? toSend(field, value) : { value };
      if ('code' in ready) wrong.set(key, new ApiError(ready.code, { field: key }));
      else sent.push({ field: key, value: ready.value, typed: value });
    }
    errors.value = wrong;
    failure.value = null;
    if (wrong.size > 0 || sent.length === 0) return wrong.size === 0;
    try {
      await apply(sent.map(({ field, value }) => ({ cmd: 'set', field, value })));
    } catch (cause) {
      const error = asApiError(cause);
      const at = fieldOf(error, sent);
      if (at) errors.value = new Map([[at, error]]);
      else failure.value = error;
      return false;
    }
    for (const { field, typed } of sent) {
      // What was typed while the answer was on its way stays a draft.
      if (same(draft.items[field]?.value, typed)) draft.drop(field);
    }
    return true;
  }

  function forget() {
    errors.value = new Map();
    failure.value = null;
  }

  return { errors, failure, save, forget };
}

function fieldOf(error: ApiError, sent: { field: string }[]): string | undefined {
  const named = String(error.params.field ?? '');
  if (sent.some(({ field }) => field === named)) return named;
  // A batch is refused at one intent; the index tells which when no field is named.
  return named === '' ? sent[Number(error.params.intent ?? -1)]?.field : undefined;
}
