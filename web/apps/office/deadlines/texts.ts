import type { Deadline } from '@core/types';
import { durationText } from '@shared/duration';
import { t } from '@shared/i18n';

/** How a deadline stands, as screens tell it. */
export type Standing = 'running' | 'soon' | 'paused' | 'met' | 'late' | 'overdue';

/** A deadline nearer than this is near. Milliseconds. */
const SOON = 24 * 3_600_000;

const TEXTS: Record<Standing, string> = {
  running: 'deadline.running',
  soon: 'deadline.running',
  paused: 'deadline.paused',
  met: 'deadline.met',
  late: 'deadline.late',
  overdue: 'deadline.overdue',
};

/** Time goes on between two readings: what was running may be overdue by now. */
export function standing(deadline: Deadline, now: number): Standing {
  if (deadline.state === 'met') return 'met';
  if (deadline.stopped) return deadline.state === 'missed' ? 'late' : 'met';
  if (deadline.state === 'paused') return 'paused';
  const left = deadline.due ? Date.parse(deadline.due) - now : Infinity;
  if (deadline.state === 'missed' || left < 0) return 'overdue';
  return left < SOON ? 'soon' : 'running';
}

export function standingText(deadline: Deadline, now: number): string {
  return t(TEXTS[standing(deadline, now)]);
}

/** How much time is left, or how long it is over; empty where that says nothing. */
export function restText(deadline: Deadline, now: number): string {
  if (!deadline.due) return '';
  const due = Date.parse(deadline.due);
  switch (standing(deadline, now)) {
    case 'running':
    case 'soon':
      return t('deadline.left', { time: durationText(due - now) });
    case 'overdue':
      return t('deadline.over', { time: durationText(now - due) });
    case 'late':
      return t('deadline.over', { time: durationText(Date.parse(deadline.stopped!) - due) });
    default:
      return '';
  }
}

/** Counts (lots, attempts) have no clock: how many of how many. */
export function countText(deadline: Deadline): string {
  if (deadline.basis !== 'count' || deadline.allowed === null) return '';
  return `${deadline.elapsed} / ${deadline.allowed}`;
}
