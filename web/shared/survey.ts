import type { Entry, FieldValue } from '@core/types';
import type { KindSchema, Label, Schema } from './schema';

/** Questionnaires as `GET /api/v1/reference` sends them, and what an answer sheet says. */

export interface Branch {
  /** Code of an earlier question. */
  item: string;
  /** Options, of which one must have been chosen. */
  is: string[];
}

export interface Choice {
  code: string;
  text: Label;
  points?: number | string | null;
  is_negative?: boolean;
  /** Room for the customer's words beside it. */
  has_free_text?: boolean;
}

export interface Item {
  code: string;
  text: Label;
  kind: 'scale' | 'single' | 'multi' | 'text' | 'number' | 'matrix';
  options?: Choice[];
  /** Rows of a matrix: each is a question of its own. */
  rows?: { code: string; text: Label }[];
  min?: number | string | null;
  max?: number | string | null;
  unit?: string | null;
  optional?: boolean;
  when?: Branch[];
}

export interface Section {
  code: string;
  title: Label;
  when?: Branch[];
  items: Item[];
}

export interface Template {
  code: string;
  version: number;
  title: Label;
  form_no?: string | null;
  /** The source lost its questions or its points; this is a proposal. */
  proposed?: boolean;
  /** No longer offered for new sheets. */
  retired?: boolean;
  opening_script?: Label | null;
  closing_script?: Label | null;
  refused_script?: Label | null;
  sections: Section[];
}

/** A question as it is answered: an item, or one row of a matrix. */
export interface Question {
  /** What answers name: the item's code, or `<item>/<row>`. */
  code: string;
  text: Label;
  item: Item;
}

export interface Answer {
  options: string[];
  score: string | null;
  text: string | null;
  /** It was left empty, and that is noted. */
  unanswered: boolean;
}

/** Whether records of the kind are answer sheets: they name a template, and answers to its items. */
export function isSheet(kind: KindSchema): boolean {
  const has = (key: string) => kind.fields.some((field) => field.key === key);
  const answers = kind.collections.find((collection) => collection.key === 'answers');
  return has('template') && has('template_version') && answers?.unique === 'item';
}

export function templateOf(
  schema: Schema,
  code: FieldValue | undefined,
  version: FieldValue | undefined,
): Template | undefined {
  return schema.templates.find(
    (template) => template.code === code && String(template.version) === String(version),
  );
}

/** The version of each questionnaire that new sheets get. */
export function offered(schema: Schema): Template[] {
  const newest = new Map<string, Template>();
  for (const template of schema.templates) {
    const known = newest.get(template.code);
    if (!known || template.version > known.version) newest.set(template.code, template);
  }
  return [...newest.values()].filter(({ retired }) => !retired);
}

export function questionsOf(item: Item): Question[] {
  if (item.kind !== 'matrix') return [{ code: item.code, text: item.text, item }];
  return (item.rows ?? []).map((row) => ({
    code: `${item.code}/${row.code}`,
    text: row.text,
    item,
  }));
}

export function answerOf(entry: Entry | undefined): Answer | null {
  if (!entry) return null;
  const option = typeof entry.option === 'string' ? entry.option : '';
  return {
    options: option
      .split(',')
      .map((code) => code.trim())
      .filter(Boolean),
    score: entry.score === null || entry.score === undefined ? null : String(entry.score),
    text: typeof entry.text === 'string' && entry.text !== '' ? entry.text : null,
    unanswered: entry.unanswered === true,
  };
}

/** What counts for each question: the answer, or the newest correction of it. */
export function effective(answers: Entry[], corrections: Entry[]): Map<string, Entry> {
  const counting = new Map<string, Entry>();
  const newest = [...corrections].sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
  for (const entry of [...answers, ...newest]) {
    if (!entry.removed && typeof entry.item === 'string') counting.set(entry.item, entry);
  }
  return counting;
}

/** Whether what these conditions belong to is asked, given the answers so far. */
export function isAsked(when: Branch[] | undefined, counting: Map<string, Entry>): boolean {
  return (when ?? []).every(({ item, is }) =>
    answerOf(counting.get(item))?.options.some((code) => is.includes(code)),
  );
}

/** The sections and items that are asked. An answer to what is asked no longer stays visible. */
export function askedSections(template: Template, counting: Map<string, Entry>): Section[] {
  const answered = (item: Item) => questionsOf(item).some(({ code }) => counting.has(code));
  return template.sections
    .map((section) => {
      const open = isAsked(section.when, counting);
      const items = section.items.filter(
        (item) => answered(item) || (open && isAsked(item.when, counting)),
      );
      return { ...section, items };
    })
    .filter(({ items }) => items.length > 0);
}

/** An answer as the fields of its entry; what it does not have is cleared. */
export function entryFields(answer: Answer): Record<string, FieldValue> {
  return {
    option: answer.options.join(',') || null,
    score: answer.score,
    text: answer.text,
    unanswered: answer.unanswered || null,
  };
}
