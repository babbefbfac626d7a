import { t } from '@shared/i18n';
import type { CollectionSchema, FieldSchema } from '@shared/schema';

/** What every file entry has, beside the fields its collection declares. */
const FILE_FIELDS: {
  key: 'name' | 'caption' | 'taken_at' | 'size' | 'mime' | 'sha256';
  type: string;
}[] = [
  { key: 'name', type: 'text' },
  { key: 'caption', type: 'text' },
  { key: 'taken_at', type: 'datetime' },
  { key: 'size', type: 'int' },
  { key: 'mime', type: 'text' },
  { key: 'sha256', type: 'text' },
];

function fileField({ key, type }: (typeof FILE_FIELDS)[number]): FieldSchema {
  const text = t(`file.${key}`);
  return { key, type, label: { zh: text, en: text }, group: null, access: 'evidence' };
}

/** All fields an entry of the collection may have. */
export function entryFields(collection: CollectionSchema): FieldSchema[] {
  const implied = collection.files ? FILE_FIELDS.map(fileField) : [];
  return [...implied, ...collection.fields];
}
