import { currentSchema } from '@shared/app';
import { codeText, personText, refText, statusText } from '@shared/composables/useText';
import { labelText, t } from '@shared/i18n';
import { isUserRef } from '@shared/composables/useText';
import type { FieldSchema, KindSchema } from '@shared/schema';

/** One thing a list can be narrowed by. */
export interface FilterDef {
  key: string;
  label: string;
  editor: 'codes' | 'month' | 'dates' | 'bool' | 'person' | 'record' | 'text' | 'flag';
  field?: FieldSchema;
}

/** Everything this kind's list can be narrowed by, the common ones first. */
export function filterDefs(kind: KindSchema): FilterDef[] {
  const defs: FilterDef[] = [];
  if (kind.lifecycle) defs.push({ key: 'status', label: t('field.status'), editor: 'codes' });
  if (kind.month) defs.push({ key: 'month', label: t('field.month'), editor: 'month' });
  for (const field of kind.fields) {
    const editor = field.index && currentSchema().known(field) ? editorOf(field) : undefined;
    if (editor) defs.push({ key: field.key, label: labelText(field.label), editor, field });
  }
  defs.push({ key: 'conflicts', label: t('conflict.mark'), editor: 'flag' });
  return defs;
}

function editorOf(field: FieldSchema): FilterDef['editor'] | undefined {
  switch (field.type) {
    case 'enum':
    case 'multi_enum':
      return 'codes';
    case 'date':
    case 'datetime':
      return 'dates';
    case 'bool':
      return 'bool';
    case 'ref':
      return isUserRef(field) ? 'person' : 'record';
    case 'text':
      return 'text';
    default:
      return undefined;
  }
}

/** The codes a filter of codes offers, retired ones last. */
export function filterOptions(kind: KindSchema, def: FilterDef): { code: string; label: string }[] {
  const schema = currentSchema();
  if (def.key === 'status') {
    const states = schema.lifecycle(kind)?.states ?? [];
    return states.map(({ code, label }) => ({ code, label: labelText(label, code) }));
  }
  return [...schema.codes(def.field?.list)]
    .sort((a, b) => Number(a.retired ?? false) - Number(b.retired ?? false))
    .map(({ code, label }) => ({ code, label: labelText(label, code) }));
}

/** What a chip says of its values. */
export function filterText(kind: KindSchema, def: FilterDef, values: string[]): string {
  return values.map((value) => oneText(kind, def, value)).join(t('text.list_separator'));
}

function oneText(kind: KindSchema, def: FilterDef, value: string): string {
  switch (def.editor) {
    case 'codes':
      return def.key === 'status' ? statusText(kind, value) : codeText(def.field?.list, value);
    case 'bool':
      return value === 'true' ? t('text.yes') : t('text.no');
    case 'person':
      return personText(value);
    case 'record':
      return def.field ? refText(def.field, value) : value;
    case 'dates':
      return rangeText(value);
    default:
      return value;
  }
}

/** The filter's end is exclusive; people name the last day itself. */
function rangeText(value: string): string {
  const [from, to] = value.split('..');
  return `${from ?? ''} – ${to ? addDays(to, -1) : ''}`;
}

export function addDays(day: string, by: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + by);
  return date.toISOString().slice(0, 10);
}
