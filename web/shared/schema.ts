import type { Template } from './survey';

/** Types of `GET /api/v1/reference` and look-ups in it. */

export type Uuid = string;
export type Label = { zh: string; en: string };

export type FieldType =
  | 'text'
  | 'longtext'
  | 'date'
  | 'datetime'
  | 'time'
  | 'enum'
  | 'multi_enum'
  | 'int'
  | 'decimal'
  | 'percent'
  | 'money'
  | 'bool'
  | 'ref';

/** On what a requirement depends: the value of another field of the record or of its companion. */
export interface When {
  field: string;
  /** Needed only with one of these values, as text: codes, `true`, numbers as written. */
  is?: string[];
  /** Needed unless it has one of these values. */
  not?: string[];
  /** Needed only if it has any value. */
  filled?: boolean;
}

export interface FieldSchema {
  key: string;
  group: string | null;
  type: FieldType | (string & {});
  label: Label;
  hint?: Label | null;
  /** Code list of an enum. */
  list?: string | null;
  /** Kind a ref points to, or `user`. */
  ref?: string | null;
  /** `always`, or the statuses and steps that cannot be entered without it. */
  required?: 'always' | string[] | null;
  /** Needed only while this holds. */
  when?: When | null;
  /** A date or instant may not lie before the one in this field. */
  not_before?: string | null;
  access: string;
  offline?: boolean;
  conflict?: string | boolean | null;
  index?: boolean;
  search?: boolean;
  personal?: boolean;
  /** Worked out by the system, never typed. */
  computed?: boolean;
  unit?: string | null;
  /** Longest text in characters, or largest number. */
  max?: number | string | null;
  /** Place in the list's columns, from 1; null when it is no column. */
  column?: number | null;
}

export interface CollectionSchema {
  key: string;
  label: Label;
  group: string | null;
  access: string;
  /** Entries carry files. */
  files?: boolean;
  required?: 'always' | string[] | null;
  when?: When | null;
  /** No two entries have the same value in this field. */
  unique?: string | null;
  fields: FieldSchema[];
}

/** The parts of the work, in the order of the screens; a later version may know more. */
export const AREAS = [
  'complaint',
  'service',
  'satisfaction',
  'quality',
  'parts',
  'money',
  'master',
] as const;

export interface KindSchema {
  key: string;
  label: Label;
  area?: string;
  /** Who sees its records: the people assigned, everyone, or the office. */
  scope?: 'assigned' | 'everyone' | 'office';
  /** Only the office makes records of it. */
  office_makes?: boolean;
  number_field: string | null;
  number?: { field: string; prefix: string } | null;
  lifecycle: string | null;
  /** Kind of the office-only document shown together with this one. */
  companion: string | null;
  groups: { key: string; label: Label }[];
  fields: FieldSchema[];
  collections: CollectionSchema[];
  /** Fields that make a record's title. */
  title?: string[];
  /** Field the list's `month:` filter applies to. */
  month?: string | null;
}

export interface CodeList {
  key: string;
  label: Label;
  codes: Code[];
}

export interface Code {
  code: string;
  label: Label;
  parent?: string | null;
  retired?: boolean;
}

export interface Lifecycle {
  initial: string;
  states: { code: string; label: Label }[];
  transitions: { from: string[]; to: string; who: string[]; requires: string[] }[];
}

export interface Person {
  id: Uuid;
  name: string;
  display: string;
  role: string;
  department: string | null;
  active: boolean;
}

export interface Reference {
  version: string | number;
  changed: boolean;
  schema: { kinds: KindSchema[] };
  lists: CodeList[];
  lifecycles: Record<string, Lifecycle>;
  people: Person[];
  settings: Record<string, unknown>;
  /** Questionnaires in all their versions. */
  templates?: Template[];
}

/** The reference data with the look-ups that screens need. */
export class Schema {
  readonly kinds: Map<string, KindSchema>;
  readonly people: Map<Uuid, Person>;
  private readonly lists: Map<string, CodeList>;
  private readonly companionKeys: Set<string>;

  constructor(readonly reference: Reference) {
    this.kinds = new Map(reference.schema.kinds.map((kind) => [kind.key, kind]));
    this.people = new Map(reference.people.map((person) => [person.id, person]));
    this.lists = new Map(reference.lists.map((list) => [list.key, list]));
    this.companionKeys = new Set(
      reference.schema.kinds.flatMap((kind) => (kind.companion ? [kind.companion] : [])),
    );
  }

  /**
   * Kinds with a list of their own, by the part of the work: first what goes through a lifecycle,
   * then what it refers to; of each the fuller kinds first, which people meet most.
   */
  get mainKinds(): KindSchema[] {
    const main = [...this.kinds.values()].filter((kind) => !this.companionKeys.has(kind.key));
    const weight = (kind: KindSchema) => (kind.lifecycle ? 1_000 : 0) + kind.fields.length;
    return main.sort((a, b) => rank(a.area) - rank(b.area) || weight(b) - weight(a));
  }

  /** What this person's lists are of, grouped by the part of the work. */
  areasFor(role: string | undefined): { area: string; kinds: KindSchema[] }[] {
    const areas = new Map<string, KindSchema[]>();
    for (const kind of this.mainKinds) {
      if (role === 'engineer' && kind.scope === 'office') continue;
      const area = kind.area ?? AREAS[0];
      areas.set(area, [...(areas.get(area) ?? []), kind]);
    }
    return [...areas].map(([area, kinds]) => ({ area, kinds }));
  }

  /** Keys of the kinds that are cases: what goes through a lifecycle. */
  get caseKinds(): string[] {
    return this.mainKinds.filter((kind) => kind.lifecycle).map((kind) => kind.key);
  }

  /** Whether someone of this role makes records of the kind; the server decides in the end. */
  mayCreate(kind: KindSchema, role: string | undefined): boolean {
    if (role !== 'engineer') return true;
    return (kind.scope ?? 'assigned') === 'assigned' && !kind.office_makes;
  }

  /** The kind whose page shows a record of `key`: a companion is shown with its record. */
  pageOf(key: string): string {
    return [...this.kinds.values()].find(({ companion }) => companion === key)?.key ?? key;
  }

  companionOf(kind: KindSchema): KindSchema | undefined {
    return kind.companion ? this.kinds.get(kind.companion) : undefined;
  }

  /** A field of the kind or of the document shown together with it. */
  field(kind: KindSchema, key: string): FieldSchema | undefined {
    return (
      kind.fields.find((field) => field.key === key) ??
      this.companionOf(kind)?.fields.find((field) => field.key === key)
    );
  }

  collection(kind: KindSchema, key: string): CollectionSchema | undefined {
    return (
      kind.collections.find((collection) => collection.key === key) ??
      this.companionOf(kind)?.collections.find((collection) => collection.key === key)
    );
  }

  lifecycle(kind: KindSchema): Lifecycle | undefined {
    return kind.lifecycle ? this.reference.lifecycles[kind.lifecycle] : undefined;
  }

  codes(list: string | null | undefined): Code[] {
    return (list && this.lists.get(list)?.codes) || [];
  }

  get templates(): Template[] {
    return this.reference.templates ?? [];
  }

  /** Columns of the kind's list, in their order; a companion's stand beside its record's. */
  columns(kind: KindSchema): FieldSchema[] {
    return [...kind.fields, ...(this.companionOf(kind)?.fields ?? [])]
      .filter((field) => typeof field.column === 'number')
      .sort((a, b) => (a.column ?? 0) - (b.column ?? 0));
  }

  /** Whether a reference points to what this version has; a later one may know more kinds. */
  known(field: FieldSchema): boolean {
    return field.type !== 'ref' || field.ref === 'user' || this.kinds.has(field.ref ?? '');
  }

  /** The organisation's time zone; times are stored in UTC. */
  get zone(): string {
    const zone = this.reference.settings.zone;
    return typeof zone === 'string' && zone ? zone : 'Asia/Shanghai';
  }
}

function rank(area: string | undefined): number {
  const place = (AREAS as readonly string[]).indexOf(area ?? AREAS[0]);
  return place < 0 ? AREAS.length : place;
}
