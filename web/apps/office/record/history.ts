import type { FieldValue, HistoryItem } from '@core/types';

export interface HistoryStep extends HistoryItem {
  /** The value this step replaced; undefined when it was the first. */
  before?: FieldValue;
}

/** Adds to each step (newest first) what stood there before it. */
export function withBefore(items: HistoryItem[]): HistoryStep[] {
  const last = new Map<string, FieldValue>();
  const steps: HistoryStep[] = [];
  for (const item of [...items].reverse()) {
    steps.push(last.has(item.field) ? { ...item, before: last.get(item.field) } : item);
    last.set(item.field, item.value);
  }
  return steps.reverse();
}
