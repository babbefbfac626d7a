import type { Suggestion } from '@core/types';
import { currentSchema } from '@shared/app';
import { pathText, valueText } from '@shared/composables/useText';
import { t, wordText } from '@shared/i18n';
import type { KindSchema } from '@shared/schema';

export function suggestionKey({ code, records, intents }: Suggestion): string {
  return JSON.stringify([code, records.map(({ id }) => id), intents]);
}

/** The sentence for what was noticed; codes in it are named as people know them. */
export function suggestionText(kind: KindSchema, { code, params, records }: Suggestion): string {
  const words: Record<string, string> = { n: String(records.length) };
  for (const [name, value] of Object.entries(params)) {
    if (value === null || value === undefined) continue;
    const field = currentSchema().field(kind, name);
    const plain = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (name === 'field') words[name] = pathText(kind, plain);
    else words[name] = field ? valueText(field, value as never) : plain;
  }
  return wordText('suggest', code, words, t('suggestion.other', { code }));
}
