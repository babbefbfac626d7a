import type { RecordRow } from '@core/types';

/** The list a record was opened from, for 上一条/下一条 and the way back. */
export interface Trail {
  kind: string;
  ids: string[];
  /** Address of the list. */
  path: string;
}

const STORE_KEY = 'fieldledger.trail';

export function rememberTrail(kind: string, rows: RecordRow[], path: string) {
  const trail: Trail = { kind, ids: rows.map((row) => row.id), path };
  sessionStorage.setItem(STORE_KEY, JSON.stringify(trail));
}

export function recallTrail(kind: string): Trail | null {
  try {
    const trail = JSON.parse(sessionStorage.getItem(STORE_KEY) ?? 'null') as Trail | null;
    return trail?.kind === kind ? trail : null;
  } catch {
    return null;
  }
}
