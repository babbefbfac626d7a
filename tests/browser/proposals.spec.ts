import { expectAccessible, expectTranslated } from './support/checks';
import { choose, ENGINEER, expect, field, test } from './support/fixtures';

test('what was edited offline on a record taken over meanwhile waits for the office', async ({
  page,
  server,
  text,
  signIn,
}) => {
  await signIn(undefined, '/complaint/new');
  await field(page, 'content').locator('textarea').fill('减速机漏油');
  await field(page, 'reporter_name').locator('input').fill('周师傅');
  await page.getByRole('button', { name: text('action.save'), exact: true }).click();
  await expect(page).toHaveURL(/\/complaint\/[0-9a-f-]{36}$/);
  const id = page.url().split('/').pop()!;
  const assignTo = async (name: string) => {
    const panel = page.locator('.assign');
    await panel.getByRole('button', { name: text('action.change') }).click();
    await choose(page, panel.locator('[data-role=lead]'), name);
    await panel.getByRole('button', { name: text('action.save') }).click();
    await expect(panel.locator('dl')).toContainText(name);
  };
  await assignTo(ENGINEER.display);
  const phone = server.device(ENGINEER.name);
  phone.sync();
  phone.edit(id, { batch_no: 'B-late' });
  phone.edit(id, { model: 'M-late' });
  await assignTo('周海涛');
  phone.sync();

  await page.goto('/proposals');
  const card = (value: string) => page.locator('[data-proposal]').filter({ hasText: value });
  await expect(card('B-late')).toContainText(ENGINEER.display);
  await expect(card('B-late')).toContainText(text('flag.late'));
  await expect(page.locator('.side .count')).toHaveText('2');
  await expectTranslated(page);
  await expectAccessible(page);

  await card('B-late')
    .getByRole('button', { name: text('proposal.accept'), exact: true })
    .click();
  await expect(card('B-late')).toHaveCount(0);
  await card('M-late')
    .getByRole('button', { name: text('proposal.refuse') })
    .click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('proposal.note')).fill('型号以铭牌为准');
  await dialog.getByRole('button', { name: text('proposal.refuse') }).click();
  await expect(page.getByText(text('proposal.none'))).toBeVisible();
  await expect(page.locator('.side .count')).toHaveCount(0);

  await page.goto(`/complaint/${id}`);
  await expect(field(page, 'batch_no')).toContainText('B-late');
  await expect(field(page, 'model')).toHaveCount(0);
});
