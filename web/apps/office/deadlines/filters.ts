import type { LocationQuery, LocationQueryRaw } from 'vue-router';

/** What the page of deadlines shows, kept in its address. */
export interface DeadlineFilters {
  /** Empty: everything that is owed. */
  state: string;
  kinds: string[];
  mine: boolean;
  /** Whether customers' return-visit cycles are among them: every customer has one, and cases would drown in them. */
  cycles: boolean;
  /** At least this level of escalation. */
  level: number;
}

export const STATES = ['missed', 'running', 'paused'] as const;

export function readFilters(query: LocationQuery): DeadlineFilters {
  const single = (key: string) => String([query[key] ?? ''].flat()[0] ?? '');
  const state = single('state');
  return {
    state: (STATES as readonly string[]).includes(state) ? state : '',
    kinds: single('kind').split('|').filter(Boolean),
    mine: single('mine') === '1',
    cycles: single('cycles') === '1',
    level: Math.min(5, Math.max(0, Math.floor(Number(single('level'))) || 0)),
  };
}

export function writeFilters(filters: DeadlineFilters): LocationQueryRaw {
  return {
    state: filters.state || undefined,
    kind: filters.kinds.join('|') || undefined,
    mine: filters.mine ? '1' : undefined,
    cycles: filters.cycles ? '1' : undefined,
    level: filters.level > 0 ? String(filters.level) : undefined,
  };
}

/**
 * The same in the words of the API.
 * @param cases kinds that are cases: what goes through a lifecycle.
 */
export function toRequest(filters: DeadlineFilters, cases: string[]): Record<string, string> {
  const kinds = filters.kinds.length > 0 || filters.cycles ? filters.kinds : cases;
  const words = writeFilters({ ...filters, kinds, cycles: false });
  const set = Object.entries(words).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([key, value]) => [key, String(value)]));
}
