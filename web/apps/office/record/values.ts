import type { FieldValue } from '@core/types';
import { canonicalDecimal } from '@shared/format';
import type { FieldSchema } from '@shared/schema';

/** Cleared inputs differ by widget; the API knows only null. */
export function normal(value: FieldValue | undefined): FieldValue {
  if (value === undefined || value === '') return null;
  return Array.isArray(value) && value.length === 0 ? null : value;
}

export function same(a: FieldValue | undefined, b: FieldValue | undefined): boolean {
  return JSON.stringify(normal(a)) === JSON.stringify(normal(b));
}

/** The value to send for what is in the input, or the code of what is wrong with it. */
export function toSend(
  field: FieldSchema,
  value: FieldValue,
): { value: FieldValue } | { code: string } {
  const given = normal(value);
  if (given === null) return { value: null };
  if (['decimal', 'money', 'percent'].includes(field.type)) {
    const number = canonicalDecimal(String(given));
    return number === null ? { code: 'wrong_type' } : { value: number };
  }
  if (field.type === 'int') {
    const number = canonicalDecimal(String(given));
    const whole = number !== null && /^-?\d{1,15}$/.test(number);
    return whole ? { value: Number(number) } : { code: 'wrong_type' };
  }
  return { value: given };
}
