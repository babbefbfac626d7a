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
  /** `always`, or the statuses that cannot be entered without it. */
  required?: 'always' | string[] | null;
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
  fields: FieldSchema[];
}

export interface KindSchema {
  key: string;
  label: Label;
  number_field: string | null;
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

  /** Kinds with a list of their own: first what goes through a lifecycle, then what it refers to. */
  get mainKinds(): KindSchema[] {
    const main = [...this.kinds.values()].filter((kind) => !this.companionKeys.has(kind.key));
    return [...main.filter((kind) => kind.lifecycle), ...main.filter((kind) => !kind.lifecycle)];
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
