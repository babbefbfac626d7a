import { expectAccessible, expectTranslated } from './support/checks';
import { expect, test } from './support/fixtures';

test('search finds across kinds while typing, and leads to the record', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  const rows = page.locator('tbody tr');
  await expect(rows).toHaveCount(30);
  const number = await rows.nth(4).locator('.number a').innerText();
  await page.keyboard.press('/');
  await page.keyboard.type(number);
  const hits = page.getByRole('option');
  await expect(hits.first()).toContainText(number);
  await expectTranslated(page);
  await expectAccessible(page);
  await page.keyboard.press('ArrowDown');
  await expect(hits.first()).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(number);
  await expect(hits.first()).toBeHidden();
});

test('the page of results tells how many of each kind, and narrows to one', async ({
  page,
  text,
  signIn,
}) => {
  await signIn();
  await page.locator('#top-search').fill('漏油');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/search\?q=/);
  const facet = page.locator('[data-facet=visit]');
  const items = page.locator('.hits li');
  await expect(items.first().locator('mark').first()).toHaveText('漏油');
  const visits = Number((await facet.locator('span').innerText()).trim());
  await facet.click();
  await expect(facet).toHaveAttribute('aria-current', 'true');
  await expect(items).toHaveCount(Math.min(visits, 30));
  await expect(page.locator('[data-facet=complaint]')).toBeVisible();
  await expectTranslated(page);
  await expectAccessible(page);
  await page.goto(`/search?q=${encodeURIComponent('没有人会写的词句')}`);
  await expect(page.locator('.notice')).toHaveText(text('search.none'));
});

test('an input method composes in peace: nothing is asked, Enter opens nothing', async ({
  page,
  signIn,
}) => {
  await signIn();
  await expect(page.locator('tbody tr')).toHaveCount(30);
  const asked: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.pathname === '/api/v1/search') asked.push(url.searchParams.get('q') ?? '');
  });
  await page.locator('#top-search').focus();
  const input = await page.context().newCDPSession(page);
  for (const part of ['l', 'lo', 'lou', 'lou y', 'lou you']) {
    const range = { selectionStart: part.length, selectionEnd: part.length };
    await input.send('Input.imeSetComposition', { text: part, ...range });
  }
  // The Enter by which an input method takes over what it composed.
  await page
    .locator('#top-search')
    .evaluate((box) =>
      box.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', isComposing: true, bubbles: true }),
      ),
    );
  await expect(page).not.toHaveURL(/search/);
  await input.send('Input.insertText', { text: '漏油' });
  await expect.poll(() => asked).toEqual(['漏油']);
});
