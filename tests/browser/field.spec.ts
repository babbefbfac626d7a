import { expectAccessible, expectTranslated } from './support/checks';
import { ENGINEER, expect, test } from './support/fixtures';

test.use({ viewport: { width: 360, height: 740 }, hasTouch: true });

test('the phone page signs in and lists what the engineer may see', async ({
  page,
  server,
  text,
  signIn,
}) => {
  const phone = server.device(ENGINEER.name);
  const content = `手机页面上的投诉 ${Date.now()}`;
  phone.create('complaint', {
    channel: 'phone',
    reporter_name: '何工',
    content,
  });
  phone.sync();
  await signIn(ENGINEER, '/field/');
  await expect(page.getByText(content)).toBeVisible();
  await expect(page.getByRole('button', { name: text('nav.sign_out') })).toBeVisible();
  await expectTranslated(page);
  await expectAccessible(page);
  const small = await page
    .locator('button:visible')
    .evaluateAll((buttons) => buttons.filter((b) => b.getBoundingClientRect().height < 44).length);
  expect(small).toBe(0);
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wider).toBe(0);
});
