import { api } from '@shared/app';
import type { Uuid } from '@shared/schema';
import { reactive } from 'vue';

/** Titles of records that others refer to, fetched once and kept while the page is open. */

const titles = reactive(new Map<Uuid, string>());
const asked = new Set<Uuid>();
const waiting: { kind: string; id: Uuid }[] = [];
let running = 0;

/** Requests at once; a list of 100 rows must not fill the browser's connections. */
const PARALLEL = 4;

export function knowTitle(id: Uuid, title: string | null | undefined) {
  if (title) titles.set(id, title);
}

/** Takes over what a page of a list says its references are called. */
export function knowTitles(refs: Record<Uuid, string> | undefined) {
  for (const [id, title] of Object.entries(refs ?? {})) knowTitle(id, title);
}

/** The title, or undefined until it has arrived. */
export function titleOf(kind: string, id: Uuid): string | undefined {
  const title = titles.get(id);
  if (title === undefined && !asked.has(id)) {
    asked.add(id);
    waiting.push({ kind, id });
    next();
  }
  return title;
}

function next() {
  while (running < PARALLEL && waiting.length > 0) {
    const { kind, id } = waiting.shift()!;
    running += 1;
    void fetchTitle(kind, id).finally(() => {
      running -= 1;
      next();
    });
  }
}

async function fetchTitle(kind: string, id: Uuid) {
  try {
    const record = await api.record(kind, id);
    titles.set(id, record.title ?? record.number ?? record.temp_number ?? id.slice(0, 8));
  } catch {
    // Not readable for this user: the reference is shown by its short id.
    titles.set(id, id.slice(0, 8));
  }
}
