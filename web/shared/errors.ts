import { asApiError, type ErrorParams } from '@core/error';
import { i18n, t } from './i18n';

/** Gives the label of a field key; a key it does not know comes back as it is. */
export type FieldLabeller = (key: string) => string;

/** The sentence for an error, in the current language. */
export function errorText(error: unknown, label: FieldLabeller = (key) => key): string {
  const { code, params, trace } = asApiError(error);
  const key = `error.${code}`;
  const text = i18n.global.te(key, 'zh-CN')
    ? t(key, texts(params, label))
    : t('error.other', { code });
  return trace && code === 'server_fault' ? `${text} ${t('error.trace', { trace })}` : text;
}

function texts(params: ErrorParams, label: FieldLabeller): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    const values = Array.isArray(value) ? value.map(String) : [String(value)];
    const shown = name === 'field' || name === 'fields' ? values.map(label) : values;
    result[name] = shown.join(t('text.list_separator'));
  }
  return result;
}
