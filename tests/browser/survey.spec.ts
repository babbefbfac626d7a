import { expectAccessible, expectTranslated } from './support/checks';
import { choose, expect, field, test } from './support/fixtures';

test('a questionnaire is answered by its questions, and asks only what follows', async ({
  page,
  text,
  signIn,
  language,
}) => {
  await signIn(undefined, '/survey/new');
  await choose(
    page,
    field(page, 'template'),
    language === 'en' ? 'Satisfaction call' : '满意度回访话术',
  );
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(page).toHaveURL(/\/survey\/[0-9a-f-]{36}$/);
  const question = (code: string) => page.locator(`[data-question="${code}"]`);
  await expect(question('convenient')).toBeVisible();
  await expect(page.locator('[data-question]')).toHaveCount(1);
  await question('convenient').locator('.el-radio').first().click();
  await expect(page.locator('[data-question]').nth(1)).toBeVisible();
  const count = await page.locator('[data-question]').count();
  expect(count).toBeGreaterThan(2);
  await expectTranslated(page);
  await expectAccessible(page);
  // Changing one's mind changes the answer; what no longer follows is not asked.
  await question('convenient').locator('.el-radio').nth(1).click();
  await expect(page.locator('[data-question]')).not.toHaveCount(count);
  await page.reload();
  await expect(question('convenient').locator('.el-radio').nth(1)).toHaveClass(/is-checked/);
});
