import type { Page } from '@playwright/test';
import { expectAccessible, expectTranslated } from './support/checks';
import { choose, expect, field, fill, showField, test, type Text } from './support/fixtures';

/** Makes a complaint through the form; the page shows it afterwards. */
async function create(page: Page, text: Text, content: string) {
  await page.goto('/complaint/new');
  await field(page, 'content').locator('textarea').fill(content);
  await field(page, 'reporter_name').locator('input').fill('周师傅');
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(page).toHaveURL(/\/complaint\/[0-9a-f-]{36}$/);
  await expect(field(page, 'content')).toContainText(content);
}

test('an edit is saved by intents and is there after a reload', async ({ page, text, signIn }) => {
  await signIn();
  await create(page, text, '主轴异响，客户要求三日内上门');
  await fill(page, 'batch_no', 'B-2026-117');
  await fill(page, 'quantity_involved', '１２．５０');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(text('record.saved')).first()).toBeVisible();
  await page.reload();
  await expect(field(page, 'batch_no')).toContainText('B-2026-117');
  await expect(field(page, 'quantity_involved')).toContainText('12.5');
  await expectTranslated(page);
  await expectAccessible(page);
});

test('what is typed outlives a reload, a refusal and a lost server', async ({
  page,
  text,
  signIn,
  complaints,
}) => {
  await signIn();
  await create(page, text, '皮带断裂');
  await fill(page, 'batch_no', 'draft-1');
  await page.reload();
  await expect(field(page, 'batch_no').locator('input')).toHaveValue('draft-1');
  await page.context().setOffline(true);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(text('error.offline'))).toBeVisible();
  await expect(field(page, 'batch_no').locator('input')).toHaveValue('draft-1');
  await page.context().setOffline(false);
  await page.keyboard.press('Control+Enter');
  await expect(field(page, 'batch_no').locator('button.value')).toContainText('draft-1');
  complaints.splice(0);
});

test('a value the server refuses is explained at its field', async ({
  page,
  text,
  signIn,
  complaints,
}) => {
  await signIn();
  await create(page, text, '油漆脱落');
  await fill(page, 'quantity_involved', 'many');
  await page.keyboard.press('Control+Enter');
  await expect(field(page, 'quantity_involved').getByRole('alert')).toHaveText(
    text('error.wrong_type'),
  );
  await field(page, 'quantity_involved').locator('input').fill('-3');
  await page.keyboard.press('Control+Enter');
  await expect(field(page, 'quantity_involved').getByRole('alert')).toHaveText(
    text('error.out_of_range'),
  );
  complaints.splice(0);
});

test('a step asks for what it lacks, and stands in the status history', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  await create(page, text, '控制柜频繁跳闸');
  const status = page.locator('[data-role=status]');
  const before = await status.innerText();
  await page.locator('[data-to=registered]').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('transition.why')).fill('客户来电确认');
  await choose(page, dialog.locator('[data-field=record_kind]'));
  await choose(page, dialog.locator('[data-field=channel]'));
  await dialog.locator('[data-field=reporter_contact] input').fill('13800000000');
  const received = dialog.locator('[data-field=received_at]');
  await received.getByRole('button', { name: text('input.now') }).click();
  await dialog.getByRole('button', { name: text('action.confirm') }).click();
  await expect(dialog).toBeHidden();
  await expect(status).not.toHaveText(before);
  await expect(page.locator('.timeline')).toContainText('客户来电确认');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^TS\d{4}-\d+/);
  await expectTranslated(page);
});

test('history names who, when, and what it was before', async ({ page, text, signIn }) => {
  await signIn();
  await create(page, text, '显示屏花屏');
  for (const value of ['B1', 'B2']) {
    await fill(page, 'batch_no', value);
    await page.keyboard.press('Control+Enter');
    await expect(field(page, 'batch_no').locator('button.value')).toContainText(value);
  }
  await field(page, 'batch_no').hover();
  await field(page, 'batch_no').locator('button.history').click();
  const step = page.locator('.el-drawer .steps li').first();
  await expect(step).toContainText('林晓燕');
  await expect(step.locator('del')).toHaveText('B1');
  await expect(step.locator('ins')).toHaveText('B2');
});

test('entries are added, changed and removed', async ({ page, text, signIn }) => {
  await signIn();
  await create(page, text, '轴承损坏');
  const panel = page.locator('[data-collection=follow_ups]');
  await panel.getByRole('button', { name: text('entry.add') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('[data-field=content] textarea').fill('已电话联系');
  await dialog.getByRole('button', { name: text('action.save') }).click();
  await expect(panel.locator('tbody tr')).toContainText('已电话联系');
  await panel.getByRole('button', { name: text('action.edit') }).click();
  await dialog.locator('[data-field=content] textarea').fill('已电话联系，约周四上门');
  await dialog.getByRole('button', { name: text('action.save') }).click();
  await expect(panel.locator('tbody tr')).toContainText('约周四上门');
  await panel.getByRole('button', { name: text('action.remove') }).click();
  await page
    .locator('.el-popconfirm__action .el-button--primary')
    .filter({ visible: true })
    .click();
  await expect(panel.locator('tbody tr')).toHaveCount(0);
  await expect(panel.getByText(text('entry.show_removed', { n: 1 }))).toBeVisible();
});

test('people are assigned, and the office’s part stands on the same page', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  await create(page, text, '齿轮箱渗油');
  const panel = page.locator('.assign');
  await panel.getByRole('button', { name: text('action.change') }).click();
  await choose(page, panel.locator('[data-role=lead]'), '高建军');
  await panel.getByRole('button', { name: text('action.save') }).click();
  await expect(panel.locator('dl')).toContainText('高建军');
  await showField(page, 'cause');
  await fill(page, 'cause', '密封圈老化');
  await page.keyboard.press('Control+Enter');
  await page.reload();
  await expect(field(page, 'cause')).toContainText('密封圈老化');
  await expect(panel.locator('dl')).toContainText('高建军');
});
