import { api, useRecordPokes, user } from '@shared/app';
import { onScopeDispose, ref } from 'vue';

/** Readings of the number are at least this far apart. Milliseconds. */
const GAP = 5_000;
/** A proposal is no change of a record, so nothing announces it. Milliseconds. */
const EVERY = 60_000;

/** How many proposed changes wait for the office; null for who does not decide. */
export const waitingProposals = ref<number | null>(null);

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

/** Keeps the number up to date while the shell is on screen. */
export function useWaiting() {
  let soon: ReturnType<typeof setTimeout> | undefined;
  useRecordPokes(() => {
    soon ??= setTimeout(() => {
      soon = undefined;
      void countProposals();
    }, GAP);
  });
  const regularly = setInterval(() => document.hidden || void countProposals(), EVERY);
  void countProposals();
  onScopeDispose(() => {
    clearTimeout(soon);
    clearInterval(regularly);
  });
}
