import { expectAccessible, expectTranslated } from './support/checks';
import { ADMIN, expect, OFFICE, test } from './support/fixtures';

test('a code that an administrator adds is offered at once, and a retired one no longer', async ({
  page,
  text,
  signIn,
  browser,
  language,
}) => {
  await signIn(ADMIN, '/admin/lists/channel');
  const row = (code: string) => page.locator(`[data-code="${code}"]`);
  await expect(row('phone')).toBeVisible();
  await expectTranslated(page);
  await expectAccessible(page);
  const code = language === 'en' ? 'drone_mail' : 'pigeon_post';
  const label = language === 'en' ? '无人机来件' : '飞鸽传书';
  await page.getByRole('button', { name: text('lists.add') }).click();
  const fresh = page.locator('.codes tbody tr').last();
  await fresh.getByLabel(text('lists.code'), { exact: true }).fill(code);
  await fresh.getByLabel(text('lists.zh')).fill(label);
  await fresh.getByLabel(text('lists.en')).fill(label);
  await row('fax').locator('.el-switch').click();
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  // The code of a saved row is no input any more.
  await expect(row(code).locator('code')).toBeVisible();
  await expect(row('fax')).toHaveClass(/retired/);

  // Another person's page that has been open all along offers the new code.
  const other = await browser.newContext();
  const colleague = await other.newPage();
  await colleague.goto(new URL('/complaint/new', page.url()).href);
  await colleague.locator('form input').nth(0).fill(OFFICE.name);
  await colleague.locator('form input').nth(1).fill('correct horse battery 9');
  await colleague.locator('form button[type=submit]').click();
  const channel = colleague.locator('[data-field=channel] .el-select');
  await channel.click();
  await expect(colleague.getByRole('option', { name: label })).toBeAttached();
  await expect(colleague.getByRole('option', { name: '传真' })).toHaveCount(0);
  await other.close();

  // Put back for the tests that follow.
  await row('fax').locator('.el-switch').click();
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(row('fax')).not.toHaveClass(/retired/);
});

test('settings are saved, refused with their place, and are the administrator’s', async ({
  page,
  text,
  signIn,
  complaints,
}) => {
  await signIn(ADMIN, '/admin/settings');
  const setting = (path: string) => page.locator(`[data-setting="${path}"]`);
  await expect(setting('retention_years')).toBeVisible();
  await expectTranslated(page);
  await expectAccessible(page);
  const task = setting('numbering.task');
  await task.locator('input').fill('{prefix}-{yy}');
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await task.locator('input').fill('{prefix}{yy}{month}-{n:04}');
  await expect(task).toContainText(/RW\d{4}-0001/);
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(page.getByRole('region', { name: text('record.unsaved_region') })).toHaveCount(0);
  await page.reload();
  await expect(task.locator('input')).toHaveValue('{prefix}{yy}{month}-{n:04}');
  complaints.splice(0);
});

test('who is no administrator neither finds nor sees these pages', async ({
  page,
  text,
  signIn,
  complaints,
}) => {
  await signIn(OFFICE, '/admin/settings');
  await expect(page.getByText(text('error.forbidden'))).toBeVisible();
  await expect(page.getByRole('link', { name: text('nav.lists') })).toHaveCount(0);
  complaints.splice(0);
});
