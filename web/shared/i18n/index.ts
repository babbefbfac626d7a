import { createI18n } from 'vue-i18n';
import type { Label } from '../schema';
import en from './en.json';
import zhCN from './zh-CN.json';

export type Locale = 'zh-CN' | 'en';

const STORE_KEY = 'fieldledger.locale';

function remembered(): Locale {
  const stored = localStorage.getItem(STORE_KEY);
  return stored === 'en' ? 'en' : 'zh-CN';
}

export const i18n = createI18n({
  legacy: false,
  locale: remembered(),
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zhCN, en },
});

export const t = i18n.global.t;

export function locale(): Locale {
  return i18n.global.locale.value as Locale;
}

export function setLocale(next: Locale) {
  i18n.global.locale.value = next;
  localStorage.setItem(STORE_KEY, next);
  document.documentElement.lang = next;
}

/** Families of texts whose words come from the server; a later one may send words unknown here. */
export type Family =
  'area' | 'check' | 'choice' | 'error' | 'flag' | 'setting' | 'settings' | 'suggest' | 'unit';

/** The text for a word of a family, or what to show where there is none. */
export function wordText(
  family: Family,
  word: string,
  params: Record<string, unknown> = {},
  otherwise = word,
): string {
  const key = `${family}.${word}`;
  return i18n.global.te(key, 'zh-CN') ? t(key, params) : otherwise;
}

/** A label of the schema in the current language. */
export function labelText(label: Label | null | undefined, fallback = ''): string {
  if (!label) return fallback;
  return (locale() === 'en' ? label.en || label.zh : label.zh || label.en) || fallback;
}
