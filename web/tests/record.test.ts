import { ApiError } from '@core/error';
import type { Related, RecordView, Suggestion } from '@core/types';
import { api, schema, user } from '@shared/app';
import { i18n, setLocale } from '@shared/i18n';
import { Schema } from '@shared/schema';
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryHistory, createRouter, RouterView } from 'vue-router';
import RecordPage from '../apps/office/record/RecordPage.vue';
import { withBefore } from '../apps/office/record/history';
import { PEOPLE, reference } from './fixtures/reference';
import { RECORD_ID, recordView } from './fixtures/record';

let record: RecordView;
let related: Related;
let suggestions: Suggestion[];
let page: VueWrapper;
let poke: () => Promise<void>;

vi.mock(import('@shared/app'), async (original) => {
  const app = await original();
  const followers = new Set<(poke: null) => void>();
  return {
    ...app,
    useRecordPokes: (follower) => void followers.add(follower),
    tellAll: () => followers.forEach((follower) => follower(null)),
    forgetAll: () => followers.clear(),
  };
});

async function open() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [{ path: '/:kind/:id?', component: RecordPage }],
  });
  await router.push(`/complaint/${RECORD_ID}`);
  page = mount(RouterView, { global: { plugins: [i18n, router] }, attachTo: document.body });
  await flushPromises();
}

const row = (key: string) => page.get(`[data-field="${key}"]`);

async function type(key: string, text: string) {
  if (row(key).find('button.value').exists()) await row(key).get('button.value').trigger('click');
  await row(key).get('input').setValue(text);
}

function saveButton() {
  const button = page.findAll('button').find((each) => each.text().startsWith('保存'));
  if (!button) throw new Error('no save button');
  return button;
}

beforeEach(async () => {
  sessionStorage.clear();
  setLocale('zh-CN');
  schema.value = new Schema(reference);
  user.value = { id: PEOPLE.office, name: 'li', display: '李敏', role: 'office', may: [] };
  record = recordView();
  vi.spyOn(api, 'record').mockImplementation(async () => record);
  vi.spyOn(api, 'related').mockImplementation(async () => related);
  vi.spyOn(api, 'suggestions').mockImplementation(async () => suggestions);
  related = { groups: [], points_to: [] };
  suggestions = [];
  const app = (await import('@shared/app')) as unknown as {
    tellAll(): void;
    forgetAll(): void;
  };
  app.forgetAll();
  poke = async () => {
    app.tellAll();
    await flushPromises();
  };
});

afterEach(() => {
  page.unmount();
  vi.restoreAllMocks();
});

describe('record page', () => {
  it('draws values from the schema in the current language', async () => {
    await open();
    expect(page.text()).toContain('TS2026-00001');
    expect(page.text()).toContain('临时编号 临-A3F-0007');
    expect(row('received_at').text()).toContain('2026-01-31 23:30');
    expect(row('severity').text()).toContain('一般');
    expect(row('received_by').text()).toContain('李敏');
    setLocale('en');
    await flushPromises();
    expect(row('severity').text()).toContain('General');
    expect(row('model').text()).toContain('model label');
  });

  it('shows what the companion document holds, to the office only', async () => {
    record = recordView({ fields: { cause: '密封圈老化' } });
    await open();
    expect(page.text()).toContain('密封圈老化');
    page.unmount();
    user.value = { ...user.value!, role: 'engineer' };
    await open();
    expect(page.text()).not.toContain('原因');
  });

  it('saves each edited field as one intent', async () => {
    const change = vi.spyOn(api, 'change').mockImplementation(async (_kind, _id, intents) => {
      record = recordView({ fields: { ...record.fields, model: 'HP-201' } });
      expect(intents).toEqual([{ cmd: 'set', field: 'model', value: 'HP-201' }]);
      return record;
    });
    await open();
    await type('model', 'HP-201');
    await saveButton().trigger('click');
    await flushPromises();
    expect(change).toHaveBeenCalledOnce();
    expect(row('model').text()).toContain('HP-201');
    expect(sessionStorage.length).toBe(0);
  });

  it('keeps what was typed when saving fails, beside the reason, also after a reload', async () => {
    vi.spyOn(api, 'change').mockRejectedValue(
      new ApiError('too_long', { field: 'model', max: 20, intent: 0 }, 422),
    );
    await open();
    await type('model', 'far too long');
    await saveButton().trigger('click');
    await flushPromises();
    expect(row('model').get('[role=alert]').text()).toBe('内容过长。');
    page.unmount();
    await open();
    expect((row('model').get('input').element as HTMLInputElement).value).toBe('far too long');
  });

  it('takes changes from elsewhere without touching what is being typed', async () => {
    await open();
    await type('model', 'mine');
    record = recordView({ fields: { ...record.fields, model: 'theirs', severity: 'serious' } });
    await poke();
    expect((row('model').get('input').element as HTMLInputElement).value).toBe('mine');
    expect(row('model').text()).toContain('其间已被他人改为：theirs');
    expect(row('severity').text()).toContain('严重');
    expect(row('severity').classes()).toContain('changed');
  });

  it('does not send a number that is none', async () => {
    const change = vi.spyOn(api, 'change');
    record = recordView({ fields: { ...record.fields, minutes: 5 } });
    await open();
    await type('minutes', '5.5');
    await saveButton().trigger('click');
    await flushPromises();
    expect(change).not.toHaveBeenCalled();
    expect(row('minutes').find('[role=alert]').exists()).toBe(true);
  });

  it('shows differing values side by side and sends the chosen one', async () => {
    record = recordView({
      conflicts: [
        {
          field: 'model',
          values: [
            { n: 0, value: 'HP-200', by: PEOPLE.office, at: '2026-01-31T15:30:00Z' },
            { n: 1, value: 'HP-200A', by: PEOPLE.engineer, at: '2026-01-31T15:31:00Z' },
          ],
        },
      ],
    });
    const change = vi.spyOn(api, 'change').mockImplementation(async () => recordView());
    await open();
    const sides = page.findAll('[data-conflict=model] .side');
    expect(sides.map((side) => side.text())).toEqual([
      expect.stringMatching(/HP-200.*李敏.*当前显示/s),
      expect.stringMatching(/HP-200A.*王建国/s),
    ]);
    await sides[1]!.get('button').trigger('click');
    expect(change.mock.calls[0]![2]).toEqual([{ cmd: 'choose', field: 'model', n: 1 }]);
    await flushPromises();
    expect(page.find('[data-conflict]').exists()).toBe(false);
  });

  it('names what a step still lacks', async () => {
    await open();
    expect(page.get('[data-to=registered]').text()).toContain('还缺：amount字段');
    // A field the next step needs is on the page, though it is empty.
    expect(row('amount').text()).toContain('未填写');
  });

  it('names the conditions of a step that do not hold', async () => {
    const step = { to: 'registered', requires: [], missing: [], unmet: ['lots_verified'] };
    record = recordView({ rights: { ...recordView().rights, transitions: [step] } });
    await open();
    expect(page.get('[data-to=registered]').text()).toContain('连续批次验证合格');
  });

  it('offers what was noticed, and sends it when accepted', async () => {
    const brief = { id: 'r-9', kind: 'complaint', number: 'TS2026-00009', title: '漏油' };
    const intents = [{ cmd: 'set' as const, field: 'severity', value: 'serious' }];
    suggestions = [
      { code: 'recurrence', params: { count: 2, months: 12 }, records: [brief], intents },
      { code: 'of_a_later_version', params: {}, records: [], intents: [] },
    ];
    const change = vi.spyOn(api, 'change').mockImplementation(async () => record);
    await open();
    const noticed = page.get('[data-suggestion=recurrence]');
    expect(noticed.text()).toContain('12 个月');
    expect(noticed.get('a').attributes('href')).toBe('/complaint/r-9');
    expect(page.get('[data-suggestion=of_a_later_version]').text()).toContain('of_a_later_version');
    await noticed.get('button').trigger('click');
    expect(change.mock.calls[0]![2]).toEqual(intents);
    await page.get('[data-suggestion=of_a_later_version] button').trigger('click');
    expect(page.find('[data-suggestion=of_a_later_version]').exists()).toBe(false);
  });

  it('shows what belongs to the record, by kind, with the way to all of it', async () => {
    const row = {
      id: 'r-7',
      kind: 'complaint',
      number: 'TS2026-00007',
      temp_number: null,
      status: 'draft',
      conflicts: 0,
      title: '异响',
      created_at: null,
      created_by: null,
      updated_at: null,
    };
    related = {
      groups: [{ kind: 'complaint', field: 'customer', total: 12, open: 3, items: [row] }],
      points_to: [{ ...row, id: 'c-1', kind: 'customer', number: null, field: 'customer' }],
    };
    await open();
    const group = page.get('[data-related=complaint]');
    expect(group.text()).toContain('共 12 条');
    expect(group.text()).toContain('未完 3');
    const links = group.findAll('a').map((link) => decodeURIComponent(link.attributes('href')!));
    expect(links).toEqual([`/complaint?f=customer:${RECORD_ID}`, '/complaint/r-7']);
    expect(page.get('.points').text()).toContain('customer字段');
  });

  it('shows what is owed with how long it is over, and folds what is done', async () => {
    const deadline = {
      label: { zh: '临时对策', en: 'First measure' },
      round: 1,
      started: '2026-01-01T00:00:00Z',
      elapsed: 0,
      allowed: 1,
      basis: 'continuous' as const,
      provisional: false,
    };
    const past = { due: '2026-01-02T00:00:00Z', level: 3 };
    record = recordView({
      deadlines: [
        { ...deadline, ...past, rule: 'L3', state: 'missed', stopped: null },
        { ...deadline, ...past, rule: 'L1', state: 'met', stopped: '2026-01-01T08:00:00Z' },
      ],
    });
    await open();
    expect(page.findAll('[data-rule]')).toHaveLength(1);
    expect(page.get('[data-rule=L3]').text()).toContain('超期');
    expect(page.get('[data-rule=L3]').text()).toContain('3 级');
    await page.get('.deadlines button').trigger('click');
    expect(page.get('[data-rule=L1]').text()).toContain('已完成');
  });

  it('shows keys of a newer version as they are', async () => {
    record = recordView({ unknown: { ext_colour: '红色' } });
    await open();
    expect(page.text()).toContain('ext_colour');
    expect(page.text()).toContain('红色');
  });
});

describe('history', () => {
  it('says what each step replaced', () => {
    const item = (field: string, value: string | null) => ({
      field,
      value,
      by: null,
      at: null,
      change: value ?? '',
      received_at: null,
    });
    const steps = withBefore([item('a', '3'), item('b', 'x'), item('a', null), item('a', '1')]);
    expect(steps.map(({ before, value }) => [before, value])).toEqual([
      [null, '3'],
      [undefined, 'x'],
      ['1', null],
      [undefined, '1'],
    ]);
  });
});
