import { ApiError } from '@core/error';
import type { RecordView } from '@core/types';
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
