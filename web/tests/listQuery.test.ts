import { describe, expect, it } from 'vitest';
import { addDays } from '../apps/office/list/filters';
import { readState, toRequest, writeState, type ListState } from '../apps/office/list/listQuery';

const state: ListState = {
  q: '漏油,50%',
  filters: {
    status: ['registered', 'closed'],
    name: ['a|b:c,d%'],
    received_at: ['2026-01-01..2026-02-01'],
  },
  sort: '-received_at',
  limit: 100,
  page: 3,
  cursor: 'abc',
};

describe('list address', () => {
  it('comes back as it was written', () => {
    expect(readState(writeState(state) as never)).toEqual(state);
  });

  it('asks the server with one filter each, its own signs encoded', () => {
    expect(toRequest(state)).toEqual({
      filters: [
        'status:registered|closed',
        'name:a%7Cb%3Ac%2Cd%25',
        'received_at:2026-01-01..2026-02-01',
        'text:漏油%2C50%25',
      ],
      sort: '-received_at',
      limit: 100,
      cursor: 'abc',
    });
  });

  it('is plain where nothing is set', () => {
    const empty = readState({});
    expect(empty).toEqual({ q: '', filters: {}, sort: '', limit: 30, page: 1, cursor: '' });
    expect(Object.values(writeState(empty)).filter((value) => value !== undefined)).toEqual([]);
  });

  it('takes no nonsense from a hand-written address', () => {
    const odd = readState({ limit: '100000', p: '-3', f: [':x', 'nocolon', 'status:'] });
    expect(odd).toMatchObject({ limit: 30, page: 1, filters: {} });
  });
});

it('adds days over the end of a month', () => {
  expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  expect(addDays('2026-01-01', -1)).toBe('2025-12-31');
});
