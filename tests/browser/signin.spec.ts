import { expectAccessible, expectTranslated } from './support/checks';
import { expect, OFFICE, test } from './support/fixtures';

test('a wrong password is refused in words, in the language chosen', async ({
  page,
  text,
  complaints,
}) => {
  await page.goto('/');
  await page.getByLabel(text('signin.user')).fill(OFFICE.name);
  await page.getByLabel(text('signin.password'), { exact: true }).fill('not the password');
  await page.getByRole('button', { name: text('signin.submit'), exact: true }).click();
  await expect(page.getByRole('alert')).toHaveText(text('error.bad_credentials'));
  await expectTranslated(page);
  await expectAccessible(page);
  // The browser itself reports the refused request.
  expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
});

test('a session outlives a reload and ends with signing out', async ({ page, text, signIn }) => {
  await signIn();
  await expect(page.locator('tbody tr').first()).toBeVisible();
  await page.reload();
  await expect(page.locator('tbody tr').first()).toBeVisible();
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  expect(kept).not.toContain('eyJ');
  await page.getByRole('button', { name: text('nav.account') }).click();
  await page.getByText(text('nav.sign_out')).click();
  await expect(page.getByLabel(text('signin.user'))).toBeVisible();
  await page.goto('/complaint');
  await expect(page.getByLabel(text('signin.user'))).toBeVisible();
});

test('the language switches on the spot and is remembered', async ({ page, signIn }) => {
  await signIn();
  await page.getByRole('button', { name: 'English', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Complaint', exact: true })).toBeVisible();
  await page.getByRole('button', { name: '中文', exact: true }).click();
  await expect(page.getByRole('heading', { name: '客户投诉', exact: true })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('heading', { name: '客户投诉', exact: true })).toBeVisible();
});
