import type { RecordView } from '@core/types';

/** Paths whose content differs between two readings of a record. */
export function changedPaths(before: RecordView, after: RecordView): string[] {
  const paths: string[] = [];
  for (const key of union(before.fields, after.fields)) {
    if (differ(before.fields[key], after.fields[key])) paths.push(key);
  }
  for (const name of union(before.collections, after.collections)) {
    const old = new Map((before.collections[name] ?? []).map((entry) => [entry.id, entry]));
    for (const entry of after.collections[name] ?? []) {
      if (differ(old.get(entry.id), entry)) paths.push(`${name}/${entry.id}`);
    }
  }
  if (before.status !== after.status) paths.push('status');
  if (differ(before.assign, after.assign)) paths.push('assign');
  return paths;
}

function union(a: object, b: object): Set<string> {
  return new Set([...Object.keys(a), ...Object.keys(b)]);
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) !== JSON.stringify(b ?? null);
}
