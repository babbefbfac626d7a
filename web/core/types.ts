import type { Label, Uuid } from '@shared/schema';

/** A value of a field as the records API writes it. */
export type FieldValue = string | number | boolean | string[] | null;
export type Fields = Record<string, FieldValue | undefined>;

/** A row of a list: these keys, and the kind's indexed fields beside them. */
export interface RecordRow {
  id: Uuid;
  kind: string;
  /** The official number, or the temporary one until there is one. */
  number: string | null;
  temp_number: string | null;
  status: string | null;
  conflicts: number;
  title: string | null;
  created_at: string | null;
  created_by: Uuid | null;
  updated_at: string | null;
  [indexField: string]: FieldValue | undefined;
}

export interface RecordPage {
  items: RecordRow[];
  total: number;
  next: string | null;
  /** What the records and people that rows refer to are called, by id. */
  refs?: Record<Uuid, string>;
}

export interface Entry {
  id: Uuid;
  by: Uuid | null;
  at: string | null;
  removed: boolean;
  [field: string]: FieldValue | undefined;
}

export interface RecordEvent {
  id: Uuid;
  t: string;
  to: string;
  at: string;
  by: Uuid | null;
  why: string | null;
}

export interface ConflictValue {
  n: number;
  value: FieldValue;
  by: Uuid | null;
  at: string | null;
}

export interface Conflict {
  field: string;
  values: ConflictValue[];
}

export interface Transition {
  to: string;
  requires: string[];
  missing: string[];
  /** A reason has to be given. */
  why?: boolean;
  /** Conditions that do not hold yet, by their words. */
  unmet?: string[];
}

export interface Rights {
  edit: string[];
  collections: Record<string, string[]>;
  transitions: Transition[];
  assign: boolean;
}

export interface RecordView {
  /** One line that names the record. */
  title?: string | null;
  id: Uuid;
  kind: string;
  number: string | null;
  temp_number: string | null;
  status: string | null;
  fields: Fields;
  collections: Record<string, Entry[]>;
  events: RecordEvent[];
  assign: { lead: Uuid | null; others: Uuid[] };
  conflicts: Conflict[];
  flags: string[];
  rights: Rights;
  /** All of the record, also those done. */
  deadlines?: Deadline[];
  /** What a newer version of the program wrote and this one has no field for. */
  unknown: Record<string, unknown>;
}

export interface HistoryItem {
  /** A field key, `collection/uuid/field`, `status` or `assign/uuid`. */
  field: string;
  value: FieldValue;
  by: Uuid | null;
  at: string | null;
  change: string;
  received_at: string | null;
}

/** A record named in passing. */
export interface Brief {
  id: Uuid;
  kind: string;
  number: string | null;
  temp_number?: string | null;
  status?: string | null;
  title: string | null;
}

/** Figures over what belongs to a customer or to a piece of equipment; each has its own. */
export interface Overview {
  complaints_by_year?: { year: number; open: number; closed: number; total: number }[];
  visits?: number;
  products?: { total: number; in_warranty: number };
  last_return_visit?: string | null;
  return_visit_due?: string | null;
  return_visit_overdue?: boolean;
  satisfaction?: {
    surveys: number;
    mean_index: string | null;
    last: { id: Uuid; at: string | null; band: string | null; index: string | null } | null;
  };
  /** Records that were merged into this one. */
  merged?: Brief[];
  parts_used?: {
    visit: Uuid;
    number: string | null;
    at: string | null;
    part_name?: FieldValue;
    part_no?: FieldValue;
    quantity?: FieldValue;
    old_serial?: FieldValue;
    new_serial?: FieldValue;
  }[];
}

/** What belongs to a record. */
export interface Related {
  /** Records of one kind that refer to it by one field; the newest few. */
  groups: { kind: string; field: string; total: number; open: number; items: RecordRow[] }[];
  points_to: (Brief & { field: string })[];
  refs?: Record<Uuid, string>;
  overview?: Overview | null;
}

/** A return-visit that is planned, or was. */
export interface PlannedLine {
  reason: 'cycle' | 'callback' | 'retry';
  /** `made` by this request; `existing` from before; `refused` for the reason in `problem`. */
  state: 'proposed' | 'made' | 'existing' | 'refused';
  problem?: { code: string; params: Record<string, unknown> };
  trigger: string;
  customer: Uuid | null;
  customer_name: string;
  complaint: Uuid | null;
  complaint_no: string | null;
  planned_at: string;
  /** It was due before the period. */
  overdue: boolean;
  /** The return-visit, once there is one. */
  record: Uuid | null;
}

export interface ReturnVisitPlan {
  /** The plan that new lines belong to; absent if there are none. */
  plan: Uuid | null;
  plan_no: string | null;
  lines: PlannedLine[];
  made: number;
}

/** Something the program noticed, with what could be done about it. */
export interface Suggestion {
  code: string;
  params: Record<string, unknown>;
  records: Brief[];
  /** Ready to be sent; empty where nothing can be done at once. */
  intents: Intent[];
}

export type DeadlineState = 'running' | 'paused' | 'met' | 'missed';

/** What is owed under a record until when; rule and round name it. */
export interface Deadline {
  rule: string;
  label: Label;
  /** Who owes it. */
  owes?: ({ code: string } & Label) | null;
  round: number;
  /** Null where there is no time limit. */
  due: string | null;
  state: DeadlineState;
  started: string;
  /** When it was done; null while it is owed. */
  stopped: string | null;
  /** Milliseconds on the rule's clock, or a count: see `basis`. */
  /** Null while its clock runs, on the record itself. */
  elapsed: number | null;
  allowed: number | null;
  basis: 'continuous' | 'calendar' | 'working' | 'count' | 'none';
  /** Escalation, 0 to 5. */
  level: number;
  /** Rests on a year whose public holidays are not known yet. */
  provisional: boolean;
}

export interface DeadlineRow extends Deadline {
  record: Uuid;
  kind: string;
  number: string | null;
  title: string | null;
  status: string | null;
  lead: Uuid | null;
  customer?: Uuid | null;
}

/** What the phone's list of deadlines asks for. */
export interface DeadlineFilter {
  states?: Exclude<DeadlineState, 'met'>[];
  kinds?: string[];
  rules?: string[];
  /** At least this level. */
  level?: number;
  /** Due at this time or earlier. */
  before?: string;
}

export interface DeadlinePage {
  items: DeadlineRow[];
  total: number;
  next: string | null;
  refs?: Record<Uuid, string>;
}

/** A record that a search found. */
export interface SearchHit {
  id: Uuid;
  kind: string;
  number: string | null;
  temp_number: string | null;
  status: string | null;
  title: string | null;
  /** What matched: `number`, `serial` or `text`. */
  matched: string;
  /** Where the title does not show why it was found. */
  snippet?: string | null;
}

export interface SearchPage {
  /** The best first. */
  items: SearchHit[];
  total: number;
  /** More match than were counted. */
  more: boolean;
  kinds: Record<string, number>;
  next: string | null;
}

/** A change that waits for the office's decision. */
export interface Proposal {
  id: number;
  kind: string;
  record: Uuid;
  number: string | null;
  title: string | null;
  by: Uuid | null;
  at: string | null;
  received_at: string;
  flag: string | null;
  /** Null while the server cannot read the record. */
  changes: { field: string; value: FieldValue; current: FieldValue }[] | null;
}

export interface ProposalPage {
  items: Proposal[];
  total: number;
  next: string | null;
}

export type Intent =
  | { cmd: 'create'; fields: Fields }
  | { cmd: 'set'; field: string; value: FieldValue }
  | { cmd: 'choose'; field: string; n: number }
  | { cmd: 'add'; collection: string; id?: Uuid; fields: Fields }
  | { cmd: 'update'; collection: string; id: Uuid; fields: Fields }
  | { cmd: 'remove'; collection: string; id: Uuid }
  | { cmd: 'event'; to: string; why?: string; fields?: Fields }
  | { cmd: 'assign'; lead: Uuid; others?: Uuid[] };
