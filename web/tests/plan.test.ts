import { expect, it } from 'vitest';
import { firstPeriod } from '../apps/office/plan/period';

it('plans the rest of the month, and late in it the next one', () => {
  expect(firstPeriod('2026-03-05')).toEqual({ from: '2026-03-05', to: '2026-03-31' });
  expect(firstPeriod('2026-03-21')).toEqual({ from: '2026-04-01', to: '2026-04-30' });
  expect(firstPeriod('2026-12-25')).toEqual({ from: '2027-01-01', to: '2027-01-31' });
  expect(firstPeriod('2028-01-31')).toEqual({ from: '2028-02-01', to: '2028-02-29' });
});
