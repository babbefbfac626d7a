import type { ListQuery } from '@core/api';
import type { LocationQuery, LocationQueryRaw } from 'vue-router';

/**
 * What a list shows, kept in the page's address so that reload, back and a
 * link sent to a colleague show the same.
 */
export interface ListState {
  /** Full text. */
  q: string;
  /** Values by filter key; a range is one value `a..b`. */
  filters: Record<string, string[]>;
  /** Field key, with `-` in front for descending; empty for the server's order. */
  sort: string;
  limit: number;
  /** From 1. */
  page: number;
  cursor: string;
}

export const PAGE_SIZES = [30, 100] as const;

export function readState(query: LocationQuery): ListState {
  const filters: Record<string, string[]> = {};
  for (const item of [query.f].flat()) {
    const colon = item?.indexOf(':') ?? -1;
    if (!item || colon < 1) continue;
    const values = item
      .slice(colon + 1)
      .split('|')
      .map(unescape)
      .filter((value) => value !== '');
    if (values.length > 0) filters[item.slice(0, colon)] = values;
  }
  const limit = Number(single(query.limit));
  return {
    q: single(query.q),
    filters,
    sort: single(query.sort),
    limit: (PAGE_SIZES as readonly number[]).includes(limit) ? limit : PAGE_SIZES[0],
    page: Math.max(1, Math.floor(Number(single(query.p))) || 1),
    cursor: single(query.cursor),
  };
}

export function writeState(state: ListState): LocationQueryRaw {
  const f = filterTexts(state.filters);
  return {
    q: state.q || undefined,
    f: f.length > 0 ? f : undefined,
    sort: state.sort || undefined,
    limit: state.limit === PAGE_SIZES[0] ? undefined : String(state.limit),
    p: state.page > 1 ? String(state.page) : undefined,
    cursor: state.page > 1 ? state.cursor : undefined,
  };
}

/** The same list from its start: a cursor belongs to one filter and order. */
export function firstPage(query: LocationQuery): LocationQueryRaw {
  return { ...query, p: undefined, cursor: undefined };
}

export function toRequest(state: ListState): ListQuery {
  const filters = filterTexts(state.filters);
  if (state.q) filters.push(`text:${escape(state.q)}`);
  return {
    filters,
    sort: state.sort || undefined,
    limit: state.limit,
    cursor: state.cursor || undefined,
  };
}

/** Identifies the sequence of pages that cursors belong to. */
export function sequenceKey(kind: string, state: ListState): string {
  return JSON.stringify([kind, state.q, state.filters, state.sort, state.limit]);
}

function filterTexts(filters: Record<string, string[]>): string[] {
  return Object.entries(filters)
    .filter(([, values]) => values.length > 0)
    .map(([key, values]) => `${key}:${values.map(escape).join('|')}`);
}

/** The filter language's own signs are percent-encoded inside a value. */
function escape(value: string): string {
  return value.replace(/[%,|:]/g, (sign) => encodeURIComponent(sign));
}

function unescape(value: string): string {
  return value.replace(/%(25|2C|7C|3A)/gi, (code) => decodeURIComponent(code));
}

function single(value: LocationQuery[string] | undefined): string {
  return (Array.isArray(value) ? value[0] : value) ?? '';
}
