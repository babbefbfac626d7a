import type { SettingsTree } from '@core/admin';

/** Reading and changing one place of the settings; a path is keys joined by dots. */

export function valueAt(tree: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (at && typeof at === 'object' ? (at as SettingsTree)[key] : undefined),
      tree,
    );
}

/** A copy with the value at the path; `undefined` takes it out. */
export function withValue(tree: SettingsTree, path: string, value: unknown): SettingsTree {
  const [head, ...rest] = path.split('.') as [string, ...string[]];
  const copy = { ...tree };
  if (rest.length > 0) {
    const inner = copy[head];
    const branch = inner && typeof inner === 'object' ? (inner as SettingsTree) : {};
    copy[head] = withValue(branch, rest.join('.'), value);
  } else if (value === undefined) delete copy[head];
  else copy[head] = value;
  return copy;
}

/** The order of the form; what a later version sets beside these follows at the end. */
export const SECTIONS: { key: string; paths: string[] }[] = [
  {
    key: 'general',
    paths: ['zone', 'complaint_owner_dept', 'severity_scheme', 'retention_years'],
  },
  { key: 'closure', paths: ['closure'] },
  { key: 'deadlines', paths: ['deadlines'] },
  { key: 'numbering', paths: ['numbering'] },
  { key: 'return_visits', paths: ['return_visits'] },
  { key: 'calendar', paths: ['calendar'] },
  { key: 'formulas', paths: ['formulas'] },
];

/** Settings that are one of a few words. */
export const CHOICES: Record<string, string[]> = {
  severity_scheme: ['two_levels', 'three_levels'],
  'formulas.warranty.last_day': ['same_day', 'day_before'],
  'formulas.warranty.start_order': ['acceptance', 'commissioning', 'purchase', 'shipping'],
  'formulas.timeliness.hours': ['started', 'completed'],
  'formulas.travel.days': ['both_ends', 'nights'],
};

/** What the server keeps for rules that nothing applies yet: no form offers a setting without an effect. */
export const UNUSED: ReadonlySet<string> = new Set([
  'formulas.fines',
  'formulas.timeliness',
  'return_visits.quality',
  'return_visits.after_warranty',
]);

/** The settings of a branch that have an effect. */
export function used(path: string, branch: SettingsTree): SettingsTree {
  return Object.fromEntries(
    Object.entries(branch).filter(([key]) => !UNUSED.has(`${path}.${key}`)),
  );
}

/** How often customers are visited: a word, or a number of months or days, or months of the year. */
export const CYCLES = [
  'calendar_week',
  'calendar_month',
  'calendar_quarter',
  'months',
  'days',
  'seasons',
  'on_request',
] as const;
export type CycleWord = (typeof CYCLES)[number];

export interface Cycle {
  word: CycleWord;
  numbers: number[];
}

export function readCycle(value: unknown): Cycle {
  if (typeof value === 'string') return { word: value as CycleWord, numbers: [] };
  const [word, number] = Object.entries((value ?? {}) as Record<string, unknown>)[0] ?? [];
  return {
    word: (word ?? 'on_request') as CycleWord,
    numbers: [number ?? []].flat().map(Number),
  };
}

export function writeCycle({ word, numbers }: Cycle): unknown {
  if (word === 'months' || word === 'days') return { [word]: numbers[0] ?? 1 };
  return word === 'seasons' ? { seasons: numbers } : word;
}

/** What a number of this pattern would look like: the placeholders of the server's patterns. */
export function exampleNumber(pattern: string, prefix: string, at: Date, dept: string): string {
  const year = String(at.getFullYear());
  return pattern.replace(/\{([^}]*)\}/g, (whole, name: string) => {
    const width = /^n(?::0(\d))?$/.exec(name);
    if (width) return '1'.padStart(Number(width[1] ?? 1), '0');
    if (name === 'prefix') return prefix;
    if (name === 'year') return year;
    if (name === 'yy') return year.slice(2);
    if (name === 'month') return String(at.getMonth() + 1).padStart(2, '0');
    return name === 'dept' ? dept : whole;
  });
}

export const DEFAULT_PATTERN = '{prefix}{year}-{n:05}';

/** Units of time limits, as settings write them: `24 h`. */
export const UNITS = [
  'min',
  'h',
  'd',
  'mo',
  'wh',
  'wd',
  'week',
  'month',
  'quarter',
  'half-year',
  'year',
  'day-of-next-month',
  'lots',
  'times-a-month',
  'percent-a-year',
  'none',
] as const;

export function readLimit(text: string): { n: number; unit: string } {
  const [, n, unit] = /^(?:(\d+)\s+)?([a-z-]+)$/.exec(text.trim()) ?? [];
  return { n: Number(n ?? 0), unit: unit ?? 'none' };
}

export function writeLimit({ n, unit }: { n: number; unit: string }): string {
  return unit === 'none' ? 'none' : `${n} ${unit}`;
}
