import { expectAccessible, expectTranslated } from './support/checks';
import { expect, test } from './support/fixtures';

test('deadlines stand by due time, lead to their record and can be narrowed', async ({
  page,
  text,
  signIn,
  complaints,
}) => {
  await signIn(undefined, '/deadlines?state=missed');
  const rows = page.locator('tbody tr');
  await expect(rows.first()).toContainText(text('deadline.overdue'));
  const due = await page
    .locator('tbody time')
    .evaluateAll((times) => times.map((time) => time.getAttribute('datetime') ?? ''));
  expect(due.map((at) => Date.parse(at))).toEqual(
    due.map((at) => Date.parse(at)).sort((a, b) => a - b),
  );
  await expectTranslated(page);
  await expectAccessible(page);
  const link = rows.first().locator('a');
  const name = await link.innerText();
  await link.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  await expect(page.locator('.deadlines [data-rule]').first()).toBeVisible();
  await expectTranslated(page);
  await page.goto('/deadlines?kind=nothing-of-the-kind');
  await expect(page.getByRole('alert')).toContainText(text('error.unknown_kind'));
  // The browser reports the request that named no kind.
  complaints.splice(0);
});
