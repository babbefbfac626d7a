import type { ApiError } from '@core/error';
import type { FieldValue, Intent, RecordView } from '@core/types';
import type { KindSchema } from '@shared/schema';
import { inject, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue';
import type { Draft } from './useDraft';

/** What the parts of a record page share. */
export interface RecordContext {
  kind: ComputedRef<KindSchema>;
  record: ComputedRef<RecordView>;
  draft: Draft;
  /** Errors by field key, from the last attempt to save. */
  errors: ShallowRef<ReadonlyMap<string, ApiError>>;
  /** Field paths that changed elsewhere a moment ago. */
  changed: ShallowRef<ReadonlySet<string>>;
  /** All editable fields are inputs. */
  editAll: Ref<boolean>;
  saving: Ref<boolean>;
  /** Grows with each successful save; inputs without a draft close then. */
  saves: Ref<number>;
  canEdit(key: string): boolean;
  valueOf(key: string): FieldValue;
  /** Sends intents; throws the refusal. */
  apply(intents: Intent[]): Promise<void>;
  /** Reads the record again. */
  reload(): Promise<void>;
  /** Opens the history of one path, or of the record. */
  showHistory(path?: string): void;
}

export const recordKey: InjectionKey<RecordContext> = Symbol('record');

export function useRecordContext(): RecordContext {
  const context = inject(recordKey);
  if (!context) throw new Error('used outside a record page');
  return context;
}
