/** Times and numbers as people read them. Wall-clock texts are `YYYY-MM-DD HH:mm:ss`. */

const zones = new Map<string, Intl.DateTimeFormat>();

function wallParts(zone: string): Intl.DateTimeFormat {
  let format = zones.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    zones.set(zone, format);
  }
  return format;
}

/** An instant as the wall clock of `zone` shows it; null for what is no instant. */
export function toWall(instant: string | number | Date, zone: string): string | null {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return null;
  const part: Record<string, string> = {};
  for (const { type, value } of wallParts(zone).formatToParts(date)) part[type] = value;
  return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}:${part.second}`;
}

/** The instant at which the wall clock of `zone` shows `wall`, as the API writes it. */
export function fromWall(wall: string, zone: string): string | null {
  const asUtc = Date.parse(`${wall.replace(' ', 'T')}Z`);
  if (Number.isNaN(asUtc)) return null;
  // Twice: the zone's offset at the guessed instant may differ from that at the real one.
  let instant = asUtc - offset(asUtc, zone);
  instant = asUtc - offset(instant, zone);
  return new Date(instant).toISOString().replace('.000Z', 'Z');
}

/** Milliseconds the wall clock of `zone` is ahead of UTC at `instant`. */
function offset(instant: number, zone: string): number {
  const wall = toWall(instant, zone);
  return wall ? Date.parse(`${wall.replace(' ', 'T')}Z`) - Math.floor(instant / 1000) * 1000 : 0;
}

/** `2026-01-31 23:30`, or the text itself when it is no instant. */
export function dateTime(instant: string | null | undefined, zone: string): string {
  if (!instant) return '';
  return toWall(instant, zone)?.slice(0, 16) ?? instant;
}

/** `01-31 23:30` within the current year, with the year otherwise. */
export function shortDateTime(instant: string | null | undefined, zone: string): string {
  const full = dateTime(instant, zone);
  const thisYear = toWall(Date.now(), zone)?.slice(0, 5);
  return thisYear && full.startsWith(thisYear) ? full.slice(5) : full;
}

/** Groups the digits of a canonical decimal without passing it through a float. */
export function decimal(text: string): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!match) return text;
  const [, sign, whole, fraction] = match;
  return `${sign}${whole!.replace(/\B(?=(\d{3})+$)/g, ',')}${fraction ?? ''}`;
}

/** What a person typed as a number, in the canonical form of the API; null when it is none. */
export function canonicalDecimal(typed: string): string | null {
  const plain = typed
    .trim()
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0))
    .replace(/[．。]/g, '.')
    .replace(/[－—]/g, '-')
    .replace(/[,，\s]/g, '');
  const match = /^(-?)0*(\d*)(?:\.(\d*))?$/.exec(plain);
  if (!match || !/\d/.test(plain)) return null;
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  const whole = match[2] || '0';
  const sign = match[1] && (whole !== '0' || fraction) ? '-' : '';
  return `${sign}${whole}${fraction ? `.${fraction}` : ''}`;
}
