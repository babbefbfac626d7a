import type { Schema } from '@shared/schema';
import type { CollectionSchema, FieldSchema, KindSchema, Label } from '@shared/schema';
import { t } from '@shared/i18n';

export interface Section {
  name: string;
  label: Label;
  fields: FieldSchema[];
  collections: CollectionSchema[];
}

/**
 * The groups of a record page in the schema's order, with those of the
 * companion document after the record's own.
 */
export function sections(schema: Schema, kind: KindSchema, withCompanion: boolean): Section[] {
  const companion = withCompanion ? schema.companionOf(kind) : undefined;
  return [...ofKind(kind), ...(companion ? ofKind(companion) : [])].filter(
    (section) => section.fields.length > 0 || section.collections.length > 0,
  );
}

function ofKind(kind: KindSchema): Section[] {
  const known = new Set(kind.groups.map(({ key }) => key));
  const named = kind.groups.map(({ key, label }) => ({
    name: `${kind.key}-${key}`,
    label,
    fields: shownFields(kind).filter((field) => field.group === key),
    collections: kind.collections.filter((collection) => collection.group === key),
  }));
  const loose = <T extends { group: string | null }>(item: T) => !known.has(item.group ?? '');
  const more = t('record.more');
  return [
    ...named,
    {
      name: `${kind.key}-more`,
      label: { zh: more, en: more },
      fields: shownFields(kind).filter(loose),
      collections: kind.collections.filter(loose),
    },
  ];
}

/** The number stands in the page's heading. */
function shownFields(kind: KindSchema): FieldSchema[] {
  return kind.fields.filter((field) => field.key !== kind.number_field);
}
