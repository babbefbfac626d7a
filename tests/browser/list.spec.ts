import { expectAccessible, expectTranslated } from './support/checks';
import { expect, test } from './support/fixtures';

const total = (words: string) => Number(/[\d,]+/.exec(words)?.[0].replace(/,/g, ''));

test('filters narrow the list, stay in the address and can be taken off', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  const rows = page.locator('tbody tr');
  await expect(rows).toHaveCount(30);
  const count = page.locator('.total');
  const all = total(await count.innerText());
  expect(all).toBeGreaterThanOrEqual(300);

  await page.locator('[data-filter=status] .label').click();
  await page.locator('.el-popover .el-checkbox').filter({ visible: true }).nth(1).click();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/f=status/);
  await expect.poll(async () => total(await count.innerText())).toBeLessThan(all);
  const some = total(await count.innerText());

  await page.reload();
  await expect.poll(async () => total(await count.innerText())).toBe(some);
  await page.getByRole('button', { name: text('list.clear_filters') }).click();
  await expect.poll(async () => total(await count.innerText())).toBe(all);
  await expectTranslated(page);
  await expectAccessible(page);
});

test('text search finds Chinese words and says when there is nothing', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  const rows = page.locator('tbody tr');
  await expect(rows).toHaveCount(30);
  const all = total(await page.locator('.total').innerText());
  await page.locator('#list-search').focus();
  await page.keyboard.insertText('漏油');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=/);
  await expect.poll(async () => total(await page.locator('.total').innerText())).toBeLessThan(all);
  expect(total(await page.locator('.total').innerText())).toBeGreaterThan(0);
  await page.locator('#list-search').fill('没有人会写的词句');
  await expect(page.getByText(text('list.none_match'))).toBeVisible();
});

test('no query is sent while an input method composes', async ({ page, signIn }) => {
  await signIn();
  await expect(page.locator('tbody tr')).toHaveCount(30);
  const asked: string[] = [];
  page.on('request', (request) => {
    const filter = new URL(request.url()).searchParams.get('filter');
    if (filter) asked.push(filter);
  });
  await page.locator('#list-search').focus();
  const input = await page.context().newCDPSession(page);
  for (const part of ['l', 'lo', 'lou', 'lou y', 'lou you']) {
    const range = { selectionStart: part.length, selectionEnd: part.length };
    await input.send('Input.imeSetComposition', { text: part, ...range });
  }
  await input.send('Input.insertText', { text: '漏油' });
  await expect.poll(() => asked).toEqual(['text:漏油']);
});

test('sorts, turns pages and comes back', async ({ page, text, signIn }) => {
  await signIn();
  const first = page.locator('tbody tr .number a').first();
  await expect(page.locator('tbody tr')).toHaveCount(30);
  await page.getByRole('button', { name: text('field.number'), exact: true }).click();
  await expect(page.locator('th[aria-sort]')).toHaveAttribute('aria-sort', 'descending');
  await expect(page).toHaveURL(/sort=-/);
  const top = await first.innerText();
  await page.getByRole('button', { name: text('list.next'), exact: true }).click();
  await expect(first).not.toHaveText(top);
  await page.getByRole('button', { name: text('list.previous'), exact: true }).click();
  await expect(first).toHaveText(top);
  await page.getByText(text('list.rows', { n: 100 })).click();
  await expect(page.locator('tbody tr')).toHaveCount(100);
});

test('the keyboard walks rows, opens one and shows its help', async ({ page, text, signIn }) => {
  await signIn();
  await expect(page.locator('tbody tr')).toHaveCount(30);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const current = page.locator('tbody tr.current');
  await expect(current).toHaveCount(1);
  const number = await current.locator('.number a').innerText();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(number);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toContainText(text('help.title'));
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('a view is saved under a name and opened again', async ({ page, text, signIn }) => {
  await signIn();
  await expect(page.locator('tbody tr')).toHaveCount(30);
  await page.getByRole('button', { name: text('field.number'), exact: true }).click();
  await expect(page).toHaveURL(/sort=/);
  await page.getByRole('button', { name: text('views.title') }).click();
  await page.getByLabel(text('views.name')).fill('我的视图');
  await page.getByRole('button', { name: text('views.save') }).click();
  await page.goto('/complaint');
  await expect(page).not.toHaveURL(/sort=/);
  await page.getByRole('button', { name: text('views.title') }).click();
  await page.getByRole('button', { name: '我的视图', exact: true }).click();
  await expect(page).toHaveURL(/sort=/);
});

test('every kind of the schema has its list', async ({ page, text, signIn }) => {
  // Thirty pages, one after the other.
  test.setTimeout(180_000);
  await signIn();
  const menu = page.getByRole('navigation').first();
  const folded = menu.locator('.fold[aria-expanded=false]');
  await expect(folded.first()).toBeVisible();
  // Opening a group takes it out of what is folded.
  while ((await folded.count()) > 0) await folded.first().click();
  const links = menu.locator('.group li a');
  expect(await links.count()).toBeGreaterThanOrEqual(4);
  for (const link of await links.all()) {
    await link.click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(await link.innerText());
    await expect(page.locator('tbody tr, .list .notice').first()).toBeVisible();
    await expect(page.getByText(text('text.loading'))).toHaveCount(0);
    await expectTranslated(page);
  }
});
