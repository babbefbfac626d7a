import { t } from './i18n';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time in its two largest units; what is shorter than a minute is one. */
export function durationText(ms: number): string {
  const length = Math.max(Math.abs(ms), MINUTE);
  const [days, hours, minutes] = [
    Math.floor(length / DAY),
    Math.floor((length % DAY) / HOUR),
    Math.floor((length % HOUR) / MINUTE),
  ];
  // Hours say nothing any more beside many days.
  if (days >= 10) return t('time.days', { n: days });
  const parts = [
    days > 0 ? t('time.days', { n: days }) : '',
    hours > 0 ? t('time.hours', { n: hours }) : '',
    days === 0 && minutes > 0 ? t('time.minutes', { n: minutes }) : '',
  ];
  return parts.filter(Boolean).join(t('time.joint'));
}
