import { canonicalDecimal, dateTime, decimal, fromWall, toWall } from '@shared/format';
import { describe, expect, it } from 'vitest';

const ZONE = 'Asia/Shanghai';

describe('times', () => {
  it('shows UTC in the organisation’s zone', () => {
    expect(dateTime('2026-01-31T15:30:00Z', ZONE)).toBe('2026-01-31 23:30');
    expect(dateTime('2026-01-31T16:00:00Z', ZONE)).toBe('2026-02-01 00:00');
  });

  it('reads a wall clock back as the same instant', () => {
    for (const instant of [
      '2026-01-31T15:30:00Z',
      '2026-12-31T23:59:59Z',
      '1999-06-01T00:00:00Z',
    ]) {
      expect(fromWall(toWall(instant, ZONE)!, ZONE)).toBe(instant);
    }
  });

  it('keeps to the zone across a change of summer time', () => {
    // Berlin: 02:00 becomes 03:00 on 29 March 2026.
    expect(fromWall('2026-03-29 01:30:00', 'Europe/Berlin')).toBe('2026-03-29T00:30:00Z');
    expect(fromWall('2026-03-29 03:30:00', 'Europe/Berlin')).toBe('2026-03-29T01:30:00Z');
  });

  it('leaves what is no time as it is', () => {
    expect(dateTime('soon', ZONE)).toBe('soon');
    expect(dateTime(null, ZONE)).toBe('');
    expect(fromWall('soon', ZONE)).toBeNull();
  });
});

describe('numbers', () => {
  it('groups digits without losing any', () => {
    expect(decimal('12345678901234567890.10')).toBe('12,345,678,901,234,567,890.10');
    expect(decimal('-1000')).toBe('-1,000');
    expect(decimal('约10')).toBe('约10');
  });

  it.each([
    ['012.50', '12.5'],
    ['１２．５', '12.5'],
    ['1,234', '1234'],
    ['-0', '0'],
    ['.5', '0.5'],
    ['－3', '-3'],
  ])('reads %s as %s', (typed, canonical) => {
    expect(canonicalDecimal(typed)).toBe(canonical);
  });

  it.each(['', '-', 'abc', '1.2.3', '5mm'])('does not read %s as a number', (typed) => {
    expect(canonicalDecimal(typed)).toBeNull();
  });
});
