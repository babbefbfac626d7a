import type { Fields, FieldValue } from '@core/types';
import type { CollectionSchema, FieldSchema, When } from './schema';

/** Whether a requirement with this condition is one, given the values beside it. */
export function holds(when: When | null | undefined, values: Fields): boolean {
  if (!when) return true;
  const texts = asTexts(values[when.field]);
  const among = (list: string[]) => texts.some((text) => list.includes(text));
  if (when.is?.length && !among(when.is)) return false;
  if (when.not?.length && among(when.not)) return false;
  return !when.filled || texts.length > 0;
}

/** Whether the field cannot stay empty; `asked` are the keys that the next step asks for. */
export function isNeeded(
  field: FieldSchema | CollectionSchema,
  values: Fields,
  asked: readonly string[] = [],
): boolean {
  if (field.required !== 'always' && !asked.includes(field.key)) return false;
  return holds(field.when, values);
}

/** A value as the schema's conditions write it; nothing for what is not set. */
function asTexts(value: FieldValue | undefined): string[] {
  if (value === null || value === undefined || value === '') return [];
  return Array.isArray(value) ? value : [String(value)];
}
