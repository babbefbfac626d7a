import { api, currentSchema, useRecordPokes, user } from '@shared/app';
import { onScopeDispose, ref } from 'vue';

/** Readings of the numbers are at least this far apart. Milliseconds. */
const GAP = 5_000;
/** A proposal or a deadline that passes is no change of a record: nothing announces it. Milliseconds. */
const EVERY = 60_000;

/** How many proposed changes wait for the office; null for who does not decide. */
export const waitingProposals = ref<number | null>(null);
/** How many of one's own deadlines have passed; null until it is known. */
export const missedDeadlines = ref<number | null>(null);

export async function countProposals() {
  if (!user.value || user.value.role === 'engineer') {
    waitingProposals.value = null;
    return;
  }
  try {
    waitingProposals.value = (await api.proposals()).total;
  } catch {
    // The number of the last reading stays.
  }
}

async function countMissed() {
  try {
    // Cases: whoever keeps the customers' files would have all their cycles here.
    const kind = currentSchema().caseKinds.join('|');
    const page = await api.deadlines({ state: 'missed', mine: '1', kind, limit: '1' });
    missedDeadlines.value = page.total;
  } catch {
    // The number of the last reading stays.
  }
}

function count() {
  void countProposals();
  void countMissed();
}

/** Keeps the numbers up to date while the shell is on screen. */
export function useWaiting() {
  let soon: ReturnType<typeof setTimeout> | undefined;
  useRecordPokes(() => {
    soon ??= setTimeout(() => {
      soon = undefined;
      count();
    }, GAP);
  });
  const regularly = setInterval(() => document.hidden || count(), EVERY);
  count();
  onScopeDispose(() => {
    clearTimeout(soon);
    clearInterval(regularly);
  });
}
