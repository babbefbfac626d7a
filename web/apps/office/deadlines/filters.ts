import type { LocationQuery, LocationQueryRaw } from 'vue-router';

/** What the page of deadlines shows, kept in its address. */
export interface DeadlineFilters {
  /** Empty: everything that is owed. */
  state: string;
  kinds: string[];
  mine: boolean;
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
    level: Math.min(5, Math.max(0, Math.floor(Number(single('level'))) || 0)),
  };
}

export function writeFilters(filters: DeadlineFilters): LocationQueryRaw {
  return {
    state: filters.state || undefined,
    kind: filters.kinds.join('|') || undefined,
    mine: filters.mine ? '1' : undefined,
    level: filters.level > 0 ? String(filters.level) : undefined,
  };
}

/** The same in the words of the API. */
export function toRequest(filters: DeadlineFilters): Record<string, string> {
  const set = Object.entries(writeFilters(filters)).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([key, value]) => [key, String(value)]));
}
