import type { FieldValue } from '@core/types';
import { reactive, watch } from 'vue';

interface DraftItem {
  value: FieldValue;
  /** The record's value when typing began, to notice that someone else changed it. */
  base: FieldValue;
}

/**
 * What has been typed and not yet saved. It survives an error, a reload and a
 * lost sign-in, because it is written to sessionStorage with every change.
 */
export interface Draft {
  readonly items: Record<string, DraftItem>;
  set(key: string, value: FieldValue, base: FieldValue): void;
  drop(key: string): void;
  clear(): void;
}

export function useDraft(name: string): Draft {
  const storeKey = `fieldledger.draft.${name}`;
  const items = reactive<Record<string, DraftItem>>(read(storeKey));

  watch(
    items,
    (now) => {
      if (Object.keys(now).length === 0) sessionStorage.removeItem(storeKey);
      else sessionStorage.setItem(storeKey, JSON.stringify(now));
    },
    { deep: true, flush: 'sync' },
  );

  return {
    items,
    set: (key, value, base) => {
      items[key] = { value, base: items[key]?.base ?? base };
    },
    drop: (key) => {
      delete items[key];
    },
    clear: () => {
      for (const key of Object.keys(items)) delete items[key];
    },
  };
}

function read(storeKey: string): Record<string, DraftItem> {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storeKey) ?? '{}');
    return stored && typeof stored === 'object' ? (stored as Record<string, DraftItem>) : {};
  } catch {
    return {};
  }
}
