import type { Label, Uuid } from '@shared/schema';

/** Types of `/api/v1/admin`: what administrators edit. */

/** One version of something that was edited. */
export interface Past {
  version: number;
  at: string;
  /** Null for the console. */
  by: Uuid | null;
}

export interface ListItem {
  key: string;
  label: Label;
  codes: number;
  retired: number;
  version: number;
  /** `kind.field` or `kind.collection/field`. */
  used_by: string[];
}

export interface ListCode {
  code: string;
  label: Label;
  parent?: string | null;
  synonyms: string[];
  retired: boolean;
  /** Came with the program. */
  shipped: boolean;
}

export interface CodeListDetail {
  key: string;
  label: Label;
  /** 0 while it is as shipped. */
  version: number;
  /** The list whose codes are the parents of this one's. */
  parent_list: string | null;
  codes: ListCode[];
  history: Past[];
}

export type SettingsTree = { [key: string]: unknown };

/** A time limit that settings can switch off or lengthen. */
export interface RuleItem {
  id: string;
  label: Label;
  /** As shipped: `24 h`; `none` where there is no limit. */
  limit: string;
}

export interface SettingsDetail {
  version: number;
  settings: SettingsTree;
  defaults: SettingsTree;
  rules?: RuleItem[];
  history: Past[];
}

export interface Holiday {
  name: Label;
  /** First and last day off. */
  from: string;
  to: string;
  /** Days worked instead (调休). */
  work: string[];
}

export interface YearItem {
  year: number;
  version: number;
  source: string;
}

export interface YearDetail extends YearItem {
  known: boolean;
  shipped: boolean;
  holidays: Holiday[];
  history: Past[];
}
