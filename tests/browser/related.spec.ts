import { expectAccessible, expectTranslated } from './support/checks';
import { choose, expect, test } from './support/fixtures';

test('two files of one customer are merged, and parted again', async ({ page, text, signIn }) => {
  const make = async (name: string) => {
    await page.goto('/customer/new');
    await page.locator('[data-field=name] input').fill(name);
    await page.getByRole('button', { name: text('action.save'), exact: true }).click();
    await expect(page).toHaveURL(/\/customer\/[0-9a-f-]{36}$/);
    return page.url();
  };
  await signIn();
  const stays = `鹤鸣泵业有限公司 ${Date.now()}`;
  await make(stays);
  const goes = await make(`鹤鸣泵业 ${Date.now()}`);
  await page.locator('[data-action=merge]').click();
  const dialog = page.getByRole('dialog');
  await dialog.locator('.el-select input').fill(stays);
  await expect(page.getByRole('option', { name: stays })).toBeVisible();
  await choose(page, dialog, stays);
  await dialog.getByRole('button', { name: text('merge.confirm'), exact: true }).click();
  const banner = page.locator('[data-role=merged]');
  await expect(banner).toContainText(stays);
  await expectTranslated(page);
  await banner.getByRole('link').click();
  await expect(page.locator('.subtitle, h1').filter({ hasText: stays })).toBeVisible();
  await page.goto(goes);
  await banner.getByRole('button', { name: text('merge.undo') }).click();
  await page
    .locator('.el-popconfirm__action .el-button--primary')
    .filter({ visible: true })
    .click();
  await expect(banner).toHaveCount(0);
});

test('a customer’s page tells what belongs to it, with the way to each list', async ({
  page,
  signIn,
}) => {
  // One of the demo's: other tests make complaints of nobody.
  await signIn(undefined, '/complaint?f=status:closed');
  await page.locator('tbody tr .number a').first().click();
  await page.locator('[data-field=customer] a').click();
  const complaints = page.locator('[data-related=complaint]');
  await expect(complaints.locator('li').first()).toBeVisible();
  await expect(page.locator('.overview .tile').first()).toBeVisible();
  await expectTranslated(page);
  await expectAccessible(page);
  await complaints.locator('h3 a').click();
  await expect(page).toHaveURL(/\/complaint\?f=customer/);
  await expect(page.locator('tbody tr').first()).toBeVisible();
});

test('return-visits are planned after a look, and not twice', async ({ page, text, signIn }) => {
  await signIn(undefined, '/return-visits');
  const preview = page.getByRole('button', { name: text('plan.preview') });
  await preview.click();
  // The calendar of the period has rows as well.
  const rows = page.locator('tbody tr[data-state]');
  await expect(rows.first()).toBeVisible();
  // Some of them are planned already.
  const all = await rows.count();
  const planned = await page.locator('tbody tr[data-state=proposed]').count();
  expect(planned).toBeGreaterThan(0);
  await expectTranslated(page);
  await expectAccessible(page);
  await page.getByRole('button', { name: text('plan.create', { n: planned }) }).click();
  await expect(page.locator('tbody tr[data-state=made]')).toHaveCount(planned);
  await preview.click();
  await expect(page.locator('tbody tr[data-state=existing]')).toHaveCount(all);
});
