import { expectAccessible, expectTranslated } from './support/checks';
import { ENGINEER, expect, field, fill, showField, test } from './support/fixtures';

const facts = {
  channel: 'phone',
  reporter_name: '陈师傅',
  reporter_contact: '13900000001',
};

test('what a device syncs appears by itself, in the list and on the record', async ({
  page,
  server,
  text,
  signIn,
}) => {
  const phone = server.device(ENGINEER.name);
  await signIn();
  await expect(page.getByRole('status')).toContainText(text('live.live'));
  const content = `现场发现液压站漏油 ${Date.now()}`;
  await page.goto(`/complaint?q=${encodeURIComponent(content)}`);
  await expect(page.getByText(text('list.none_match'))).toBeVisible();

  const { id } = phone.create('complaint', { ...facts, content });
  phone.sync();
  await expect(page.locator('tbody tr')).toHaveCount(1);

  await page.locator('tbody tr .number a').click();
  await expect(field(page, 'content')).toContainText(content);
  await fill(page, 'model', 'typed by the office');
  phone.edit(id, { batch_no: 'B-77' });
  phone.sync();
  await expect(field(page, 'batch_no')).toContainText('B-77');
  await expect(field(page, 'model').locator('input')).toHaveValue('typed by the office');
});

test('values set at the same time stand side by side until one is chosen', async ({
  page,
  server,
  text,
  signIn,
}) => {
  const phone = server.device(ENGINEER.name);
  const { id } = phone.create('complaint', {
    ...facts,
    content: '同一批次多台渗油',
    batch_no: 'B-0',
  });
  phone.sync();
  phone.edit(id, { batch_no: 'B-phone' });

  await signIn();
  await page.goto(`/complaint/${id}`);
  await showField(page, 'batch_no');
  await fill(page, 'batch_no', 'B-office');
  await page.keyboard.press('Control+Enter');
  await expect(field(page, 'batch_no')).toContainText('B-office');

  phone.sync();
  const conflict = page.locator('[data-conflict=batch_no]');
  await expect(conflict.locator('.side')).toHaveCount(2);
  await expect(conflict).toContainText('B-office');
  await expect(conflict).toContainText('B-phone');
  await expect(conflict).toContainText('高建军');
  await expect(conflict).toContainText('林晓燕');
  await expectTranslated(page);
  await expectAccessible(page);

  await page.goto('/complaint?f=conflicts:1');
  await expect(page.locator('tbody tr').first()).toContainText(text('conflict.mark'));
  await page.goto(`/complaint/${id}`);

  const phoneSide = conflict.locator('.side').filter({ hasText: 'B-phone' });
  await phoneSide.getByRole('button', { name: text('conflict.choose') }).click();
  await expect(conflict).toHaveCount(0);
  await page.reload();
  await expect(field(page, 'batch_no')).toContainText('B-phone');
  await expect(conflict).toHaveCount(0);
});

test('the page says when the server is gone, and finds it again', async ({
  page,
  server,
  text,
  signIn,
  complaints,
}) => {
  await signIn();
  const state = page.getByRole('status');
  await expect(state).toContainText(text('live.live'));
  await server.restart();
  await expect(state).toContainText(text('live.live'));
  const phone = server.device(ENGINEER.name);
  const content = `重启之后的投诉 ${Date.now()}`;
  await page.goto(`/complaint?q=${encodeURIComponent(content)}`);
  phone.create('complaint', { ...facts, content });
  phone.sync();
  await expect(page.locator('tbody tr')).toHaveCount(1);
  // The browser reports the requests that met a closed port.
  complaints.splice(0);
});
