import { describe, expect, it } from 'vitest';
import { move, newCode, toEdit, toSend } from '../apps/office/admin/codes';
import {
  exampleNumber,
  readCycle,
  readLimit,
  used,
  valueAt,
  withValue,
  writeCycle,
  writeLimit,
} from '../apps/office/admin/settings';

describe('settings', () => {
  const tree = { closure: { off: ['a'], lot_count: 3 }, zone: 'Asia/Shanghai' };

  it('are changed at one place, and nothing else with it', () => {
    const next = withValue(tree, 'closure.lot_count', 5);
    expect(next).toEqual({ closure: { off: ['a'], lot_count: 5 }, zone: 'Asia/Shanghai' });
    expect(tree.closure.lot_count).toBe(3);
    expect(withValue(tree, 'numbering.visit', 'X{n:03}').numbering).toEqual({ visit: 'X{n:03}' });
    expect(withValue(next, 'closure.lot_count', undefined).closure).toEqual({ off: ['a'] });
    expect(valueAt(tree, 'closure.lot_count')).toBe(3);
    expect(valueAt(tree, 'zone.nothing.here')).toBeUndefined();
  });

  it('are offered where they have an effect', () => {
    const cycles = { routine: 'calendar_month', after_warranty: 'on_request' };
    expect(used('return_visits', cycles)).toEqual({ routine: 'calendar_month' });
    expect(used('formulas', { fines: {}, capital: {} })).toEqual({ capital: {} });
  });

  it('show what a number would look like', () => {
    const at = new Date(2026, 2, 9);
    const example = (pattern: string) => exampleNumber(pattern, 'TS', at, '售后');
    expect(example('{prefix}{year}-{n:05}')).toBe('TS2026-00001');
    expect(example('{dept}-{yy}{month}-{n:03}')).toBe('售后-2603-001');
    expect(example('{n}/{odd}')).toBe('1/{odd}');
  });

  it('keep cycles and limits as the server writes them', () => {
    for (const cycle of ['calendar_week', 'on_request', { months: 6 }, { seasons: [4, 10] }]) {
      expect(writeCycle(readCycle(cycle))).toEqual(cycle);
    }
    for (const limit of ['24 h', '3 wd', '25 day-of-next-month', 'none']) {
      expect(writeLimit(readLimit(limit))).toBe(limit);
    }
  });
});

describe('a code list', () => {
  const codes = [
    { code: 'a', label: { zh: '甲', en: 'A' }, synonyms: ['x'], retired: false, shipped: true },
    { code: 'b', label: { zh: '乙', en: 'B' }, synonyms: [], retired: true, shipped: true },
  ];

  it('is sent whole and tidy, in its order', () => {
    const edited = toEdit(codes);
    edited[0]!.label.zh = ' 甲类 ';
    const added = { ...newCode(), code: ' c ', label: { zh: '丙', en: '' }, parent: 'p' };
    const sent = toSend(move([...edited, added], 2, -1));
    expect(sent).toEqual([
      { code: 'a', label: { zh: '甲类', en: 'A' }, synonyms: ['x'], retired: false },
      { code: 'c', label: { zh: '丙', en: '' }, parent: 'p', synonyms: [], retired: false },
      { code: 'b', label: { zh: '乙', en: 'B' }, synonyms: [], retired: true },
    ]);
    expect(codes[0]!.label.zh).toBe('甲');
  });

  it('does not move beyond its ends', () => {
    expect(move(['a', 'b'], 0, -1)).toEqual(['a', 'b']);
    expect(move(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
  });
});
