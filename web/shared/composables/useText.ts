import type { FieldValue } from '@core/types';
import { currentSchema } from '@shared/app';
import { errorText } from '@shared/errors';
import { dateTime, decimal } from '@shared/format';
import { labelText, t, wordText } from '@shared/i18n';
import type { FieldSchema, KindSchema, Uuid } from '@shared/schema';
import { entryFields } from './fileFields';
import { titleOf } from './useTitles';

/** Texts for codes, people and values, in the current language. */

export function codeText(list: string | null | undefined, code: string): string {
  const entry = currentSchema()
    .codes(list)
    .find((candidate) => candidate.code === code);
  return labelText(entry?.label, code);
}

export function statusText(kind: KindSchema, status: string): string {
  const state = currentSchema()
    .lifecycle(kind)
    ?.states.find(({ code }) => code === status);
  return labelText(state?.label, status);
}

/** A questionnaire by its code. */
function templateText(code: string): string {
  const versions = currentSchema().templates.filter((template) => template.code === code);
  return labelText(versions.at(-1)?.title, code);
}

export function personText(id: Uuid | null | undefined): string {
  if (!id) return t('text.system');
  const person = currentSchema().people.get(id);
  return person ? person.display || person.name : t('text.unknown_person');
}

/** Label of a field key, `collection/uuid/field`, `assign/uuid` or `status`. */
export function pathText(kind: KindSchema, path: string): string {
  const schema = currentSchema();
  const [head, entry, last] = path.split('/');
  if (head === 'status') return t('field.status');
  if (head === 'assign') return `${t('record.assignment')} · ${personText(entry)}`;
  const collection = head && schema.collection(kind, head);
  if (collection && entry) {
    const field = entryFields(collection).find(({ key }) => key === last);
    const label = labelText(collection.label, head);
    if (last === 'removed') return `${label} · ${t('field.removed')}`;
    return last ? `${label} · ${labelText(field?.label, last)}` : label;
  }
  if (collection) return labelText(collection.label, head);
  return labelText(schema.field(kind, path)?.label, path);
}

export function fieldAt(kind: KindSchema, path: string): FieldSchema | undefined {
  const [head, , last] = path.split('/');
  const collection = last && currentSchema().collection(kind, head!);
  if (collection) return entryFields(collection).find(({ key }) => key === last);
  return currentSchema().field(kind, path);
}

/** A value as text; empty for what is not set. */
export function valueText(field: FieldSchema | undefined, value: FieldValue | undefined): string {
  if (value === null || value === undefined || value === '') return '';
  if (!field) return plain(value);
  if (field.key === 'template') return templateText(String(value));
  switch (field.type) {
    case 'bool':
      return value ? t('text.yes') : t('text.no');
    case 'enum':
      return codeText(field.list, String(value));
    case 'multi_enum':
      return (Array.isArray(value) ? value : [String(value)])
        .map((code) => codeText(field.list, code))
        .join(t('text.list_separator'));
    case 'datetime':
      return dateTime(String(value), currentSchema().zone);
    case 'decimal':
    case 'money':
    case 'int':
      return withUnit(decimal(String(value)), field);
    case 'percent':
      return `${decimal(String(value))}%`;
    case 'ref':
      return refText(field, String(value));
    default:
      return plain(value);
  }
}

export function refText(field: FieldSchema, id: Uuid): string {
  if (!field.ref || isUserRef(field)) return personText(id);
  if (!currentSchema().known(field)) return id.slice(0, 8);
  return titleOf(field.ref, id) ?? '…';
}

export function isUserRef(field: FieldSchema): boolean {
  return field.type === 'ref' && field.ref === 'user';
}

/** The sentence for an error, with field keys replaced by their labels. */
export function errorIn(kind: KindSchema | undefined, error: unknown): string {
  return errorText(error, (key) => (kind ? pathText(kind, key) : key));
}

/** Why an accepted change is marked, in words. */
export function flagText(flag: string): string {
  return wordText('flag', flag);
}

function withUnit(text: string, field: FieldSchema): string {
  const unit = field.unit ?? (field.type === 'money' ? t('text.currency') : '');
  return unit ? `${text} ${unit}` : text;
}

function plain(value: FieldValue): string {
  if (typeof value === 'boolean') return value ? t('text.yes') : t('text.no');
  return Array.isArray(value) ? value.join(t('text.list_separator')) : String(value);
}
