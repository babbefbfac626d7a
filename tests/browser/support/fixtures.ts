import { expect, test as base, type Locator, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { PASSWORD, Server, type Account } from './programs';

export type Language = 'zh-CN' | 'en';
export interface Options {
  language: Language;
}

export const OFFICE: Account = {
  name: 'browser-office',
  display: '林晓燕',
  role: 'office',
  more: ['--may', 'approve,close,callback,penalise'],
};
export const ENGINEER: Account = {
  name: 'browser-engineer',
  display: '高建军',
  role: 'engineer',
};

export const ADMIN: Account = {
  name: 'browser-admin',
  display: '赵立新',
  role: 'admin',
};

/** The page's own texts: a test names the key, whatever the language. */
export type Text = (key: string, params?: Record<string, string | number>) => string;

interface Fixtures {
  text: Text;
  /** Console errors, uncaught exceptions and requests to other hosts; a test that expects some takes them out. */
  complaints: string[];
  /** Signs in through the form and waits for the first list. */
  signIn: (account?: Account, path?: string) => Promise<void>;
}

export const test = base.extend<Fixtures, Options & { server: Server }>({
  language: ['zh-CN', { option: true, scope: 'worker' }],

  server: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const server = new Server();
      try {
        await server.start([OFFICE, ENGINEER, ADMIN]);
        await use(server);
      } finally {
        await server.stop();
      }
    },
    { scope: 'worker', timeout: 180_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  text: async ({ language }, use) => use(texts(language)),

  complaints: [
    async ({ page, server }, use) => {
      const complaints: string[] = [];
      page.on('request', (request) => {
        const url = new URL(request.url());
        const own = url.origin === server.url || ['data:', 'blob:'].includes(url.protocol);
        if (!own) complaints.push(`a request to ${url.origin}`);
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      await use(complaints);
      expect(complaints).toEqual([]);
    },
    { auto: true },
  ],

  page: async ({ page, language }, use) => {
    await page.addInitScript((locale) => {
      // Only the first page: a language chosen during the test is kept.
      if (!localStorage.getItem('fieldledger.locale')) {
        localStorage.setItem('fieldledger.locale', locale);
      }
    }, language);
    await use(page);
  },

  signIn: async ({ page, text }, use) => {
    await use(async (account = OFFICE, path = '/') => {
      await page.goto(path);
      await page.getByLabel(text('signin.user')).fill(account.name);
      await page.getByLabel(text('signin.password'), { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: text('signin.submit'), exact: true }).click();
      await expect(
        page.getByRole('button', { name: text('signin.submit'), exact: true }),
      ).toHaveCount(0);
    });
  },
});

export { expect };

function texts(language: Language): Text {
  const file = resolve(__dirname, `../../../web/shared/i18n/${language}.json`);
  const messages = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  return (key, params = {}) => {
    const [group, name] = key.split('.') as [string, string];
    const message = messages[group]?.[name];
    if (message === undefined) throw new Error(`no text ${key}`);
    return message.replace(/\{(\w+)\}/g, (_, param: string) => String(params[param] ?? ''));
  };
}

/** The row of one field on a record page. */
export function field(page: Page, key: string) {
  return page.locator(`[data-field="${key}"]`);
}

/** Makes a field an input and fills it in. */
export async function fill(page: Page, key: string, value: string) {
  await showField(page, key);
  const row = field(page, key);
  const input = row.locator('input, textarea').first();
  if (!(await input.isVisible())) await row.locator('button.value').click();
  await input.fill(value);
}

/** Empty fields are hidden at first; this opens the groups until the field is there. */
export async function showField(page: Page, key: string) {
  await expect(page.locator('[data-field]').first()).toBeVisible();
  const more = page.locator('section.group header .el-button');
  for (let i = 0; i < (await more.count()); i++) {
    if ((await field(page, key).count()) > 0) return;
    await more.nth(i).click();
  }
}

/** Chooses from a select: the option with this text, or the first one. */
export async function choose(page: Page, within: Locator, option?: string) {
  await within.locator('.el-select').click();
  // Other lists may still be closing; this one is named by its input.
  const list = await within.locator('.el-select input').getAttribute('aria-controls');
  const options = page.locator(`[id="${list}"] .el-select-dropdown__item`);
  await (option ? options.filter({ hasText: option }) : options).first().click();
}
