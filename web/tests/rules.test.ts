import type { RuleItem } from '@core/admin';
import { i18n, setLocale } from '@shared/i18n';
import { mount } from '@vue/test-utils';
import { beforeEach, describe, expect, it } from 'vitest';
import { nextTick } from 'vue';
import RulesForm from '../apps/office/admin/RulesForm.vue';

const rules: RuleItem[] = [
  { id: 'L3', label: { zh: '临时对策', en: 'First measure' }, limit: '24 h' },
  { id: 'L8', label: { zh: '按期完成', en: 'Done by the day' }, limit: '0 min' },
  { id: 'L11', label: { zh: '受理', en: 'Accepting' }, limit: 'none' },
];

function form(value: Record<string, unknown>) {
  return mount(RulesForm, { props: { rules, value }, global: { plugins: [i18n] } });
}

beforeEach(() => setLocale('zh-CN'));

describe('time limits', () => {
  it('change nothing by being looked at', async () => {
    const page = form({});
    await nextTick();
    expect(page.emitted('set')).toBeUndefined();
    expect(page.get('[data-rule=L8]').text()).toContain('0 分钟');
    expect(page.get('[data-rule=L11]').find('input[inputmode]').exists()).toBe(false);
  });

  it('keep only what differs from what was shipped', async () => {
    const page = form({ L3: { limit: '48 h' } });
    await page.get('[data-rule=L3] .el-switch input').trigger('click');
    expect(page.emitted('set')![0]).toEqual(['deadlines.rules.L3', { limit: '48 h', on: false }]);
    const number = page.get('[data-rule=L3] .el-input-number input');
    await number.setValue('24');
    await number.trigger('change');
    expect(page.emitted('set')!.at(-1)).toEqual(['deadlines.rules.L3', undefined]);
  });
});
