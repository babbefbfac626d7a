import type { Deadline } from '@core/types';
import { durationText } from '@shared/duration';
import { setLocale } from '@shared/i18n';
import { beforeEach, describe, expect, it } from 'vitest';
import { readFilters, toRequest, writeFilters } from '../apps/office/deadlines/filters';
import { countText, restText, standing, standingText } from '../apps/office/deadlines/texts';

const NOW = Date.parse('2026-03-10T08:00:00Z');
const HOUR = 3_600_000;

function deadline(more: Partial<Deadline> = {}): Deadline {
  return {
    rule: 'L3',
    label: { zh: '临时对策', en: 'First measure' },
    round: 1,
    due: '2026-03-12T08:00:00Z',
    state: 'running',
    started: '2026-03-09T08:00:00Z',
    stopped: null,
    elapsed: 24 * HOUR,
    allowed: 72 * HOUR,
    basis: 'continuous',
    level: 0,
    provisional: false,
    ...more,
  };
}

beforeEach(() => setLocale('zh-CN'));

describe('how a deadline stands', () => {
  it('is told by the server, and by the clock where time went on since', () => {
    const at = (more: Partial<Deadline>) => standing(deadline(more), NOW);
    expect(at({})).toBe('running');
    expect(at({ due: '2026-03-11T07:00:00Z' })).toBe('soon');
    expect(at({ due: '2026-03-10T07:59:00Z' })).toBe('overdue');
    expect(at({ due: '2026-03-10T08:00:00Z' })).toBe('soon');
    expect(at({ state: 'paused', due: '2026-03-01T00:00:00Z' })).toBe('paused');
    expect(at({ state: 'missed' })).toBe('overdue');
    expect(at({ state: 'missed', stopped: '2026-03-12T10:00:00Z' })).toBe('late');
    expect(at({ state: 'met', stopped: '2026-03-09T10:00:00Z' })).toBe('met');
    expect(at({ due: null, allowed: null, basis: 'none' })).toBe('running');
  });

  it('says how much is left or how much it is over, in both languages', () => {
    const rest = (more: Partial<Deadline>) => restText(deadline(more), NOW);
    expect(rest({})).toBe('还剩 2 天');
    expect(rest({ due: '2026-03-10T05:30:00Z', state: 'missed' })).toBe('超期 2 小时 30 分钟');
    const late = { due: '2026-03-08T08:00:00Z', stopped: '2026-03-09T11:00:00Z' };
    expect(rest({ ...late, state: 'missed' })).toBe('超期 1 天 3 小时');
    expect(rest({ state: 'met', stopped: '2026-03-09T11:00:00Z' })).toBe('');
    expect(rest({ due: null })).toBe('');
    setLocale('en');
    expect(rest({})).toBe('2 d left');
    expect(standingText(deadline({ state: 'paused' }), NOW)).toBe('Paused');
  });

  it('counts what has no clock', () => {
    expect(countText(deadline({ basis: 'count', elapsed: 1, allowed: 3 }))).toBe('1 / 3');
    expect(countText(deadline())).toBe('');
  });
});

it('a length of time has two units at most, and is never nothing', () => {
  expect(durationText(5_000)).toBe('1 分钟');
  expect(durationText(26 * HOUR)).toBe('1 天 2 小时');
  expect(durationText(386 * 24 * HOUR + HOUR)).toBe('386 天');
  expect(durationText(-90 * 60_000)).toBe('1 小时 30 分钟');
});

it('filters of the page survive the address, and nonsense in it does no harm', () => {
  const filters = { state: 'missed', kinds: ['visit', 'task'], mine: true, cycles: true, level: 3 };
  const query = writeFilters(filters) as Record<string, string>;
  expect(readFilters(query)).toEqual(filters);
  expect(toRequest(filters, ['complaint'])).toEqual({
    state: 'missed',
    kind: 'visit|task',
    mine: '1',
    level: '3',
  });
  const none = { state: '', kinds: [], mine: false, cycles: false, level: 0 };
  expect(readFilters({ state: 'odd', level: 'x', mine: '2' })).toEqual(none);
  // Cases only, unless customers' cycles are asked for.
  expect(toRequest(none, ['complaint', 'visit'])).toEqual({ kind: 'complaint|visit' });
  expect(toRequest({ ...none, cycles: true }, ['complaint'])).toEqual({});
});
