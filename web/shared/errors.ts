import { asApiError, type ErrorParams } from '@core/error';
import { t, wordText } from './i18n';

/** Gives the label of a field key; a key it does not know comes back as it is. */
export type FieldLabeller = (key: string) => string;

/** The sentence for an error, in the current language. */
export function errorText(error: unknown, label: FieldLabeller = (key) => key): string {
  const { code, params, trace } = asApiError(error);
  const text = wordText('error', code, texts(params, label), t('error.other', { code }));
  return trace && code === 'server_fault' ? `${text} ${t('error.trace', { trace })}` : text;
}

function texts(params: ErrorParams, label: FieldLabeller): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    result[name] = values.map((each) => shown(name, each, label)).join(t('text.list_separator'));
  }
  return result;
}

/** Parameters that are keys are named as people know them. */
function shown(name: string, value: string, label: FieldLabeller): string {
  if (name === 'field' || name === 'fields' || name === 'other') return label(value);
  return name === 'check' ? checkText(value) : value;
}

/** A condition of a step in words; a word of a later version as it is. */
export function checkText(check: string): string {
  return wordText('check', check);
}
