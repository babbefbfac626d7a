import { holds, isNeeded } from '@shared/requirements';
import { Schema, type FieldSchema, type KindSchema, type Reference } from '@shared/schema';
import { describe, expect, it } from 'vitest';
import { complaint, reference } from './fixtures/reference';

const kind = (key: string, more: Partial<KindSchema> = {}): KindSchema => ({
  ...complaint,
  key,
  companion: null,
  ...more,
});

function schemaOf(kinds: KindSchema[]): Schema {
  const changed: Reference = { ...reference, schema: { kinds } };
  return new Schema(changed);
}

describe('the menu', () => {
  const schema = schemaOf([
    kind('customer', { area: 'master', scope: 'everyone', lifecycle: null, companion: 'secret' }),
    kind('secret', { area: 'master', scope: 'office', lifecycle: null }),
    kind('part', { area: 'parts', scope: 'everyone', lifecycle: null }),
    kind('claim', { area: 'parts', scope: 'office' }),
    kind('complaint', { area: 'complaint', scope: 'assigned' }),
    kind('drone', { area: 'aerial', scope: 'assigned' }),
    kind('plan', { area: 'satisfaction', scope: 'assigned', office_makes: true }),
  ]);
  const names = (role: string) =>
    schema.areasFor(role).map(({ area, kinds }) => [area, kinds.map(({ key }) => key).join()]);

  it('groups kinds by area in the order of the work, without companions', () => {
    expect(names('office')).toEqual([
      ['complaint', 'complaint'],
      ['satisfaction', 'plan'],
      ['parts', 'claim,part'],
      ['master', 'customer'],
      ['aerial', 'drone'],
    ]);
  });

  it('leaves out what only the office reads', () => {
    expect(names('engineer')).toContainEqual(['parts', 'part']);
  });

  it('offers new records to those who may make them', () => {
    const may = (key: string) => schema.mayCreate(schema.kinds.get(key)!, 'engineer');
    expect(['complaint', 'plan', 'claim', 'customer'].filter(may)).toEqual(['complaint']);
    expect(schema.mayCreate(schema.kinds.get('plan')!, 'office')).toBe(true);
  });

  it('knows on which page a companion is shown', () => {
    expect(schema.pageOf('secret')).toBe('customer');
    expect(schema.pageOf('part')).toBe('part');
  });
});

describe('conditional requirements', () => {
  const field = (more: Partial<FieldSchema>): FieldSchema => ({
    ...complaint.fields[0]!,
    key: 'lot_no',
    ...more,
  });

  it('holds for codes, yes and no, numbers, several codes, and anything filled', () => {
    expect(holds(null, {})).toBe(true);
    expect(holds({ field: 'urgent', is: ['true'] }, { urgent: true })).toBe(true);
    expect(holds({ field: 'urgent', is: ['true'] }, { urgent: false })).toBe(false);
    expect(holds({ field: 'urgent', is: ['true'] }, {})).toBe(false);
    expect(holds({ field: 'level', not: ['general'] }, { level: 'serious' })).toBe(true);
    expect(holds({ field: 'level', not: ['general'] }, { level: 'general' })).toBe(false);
    expect(holds({ field: 'level', not: ['general'] }, { level: null })).toBe(true);
    expect(holds({ field: 'demands', is: ['refund'] }, { demands: ['repair', 'refund'] })).toBe(
      true,
    );
    expect(holds({ field: 'n', is: ['2'] }, { n: 2 })).toBe(true);
    expect(holds({ field: 'note', filled: true }, { note: '' })).toBe(false);
    expect(holds({ field: 'note', filled: true }, { note: 'x' })).toBe(true);
  });

  it('marks a field only while its condition holds', () => {
    const when = { field: 'is_quality_related', is: ['true'] };
    const always = field({ required: 'always', when });
    expect(isNeeded(always, { is_quality_related: true })).toBe(true);
    expect(isNeeded(always, { is_quality_related: false })).toBe(false);
    const asked = field({ required: ['closed'], when });
    expect(isNeeded(asked, { is_quality_related: true })).toBe(false);
    expect(isNeeded(asked, { is_quality_related: true }, ['lot_no'])).toBe(true);
    expect(isNeeded(asked, {}, ['lot_no'])).toBe(false);
  });
});
