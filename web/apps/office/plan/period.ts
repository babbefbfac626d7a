/** Days as `YYYY-MM-DD`, without any zone. */

/** From this day to the end of its month; late in the month, the whole next one. */
export function firstPeriod(today: string): { from: string; to: string } {
  const [year, month, day] = today.split('-').map(Number) as [number, number, number];
  if (day <= 20) return { from: today, to: monthEnd(year, month) };
  const next = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
  return { from: next, to: monthEnd(year, month + 1) };
}

function monthEnd(year: number, month: number): string {
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}
