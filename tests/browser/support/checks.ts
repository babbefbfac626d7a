import { expect, type Page } from '@playwright/test';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const AXE = readFileSync(
  resolve(__dirname, '../../../web/node_modules/axe-core/axe.min.js'),
  'utf8',
);

interface AxeResult {
  violations: {
    id: string;
    impact: string | null;
    nodes: { target: string[]; html: string }[];
  }[];
}

/** No serious or critical accessibility violation on the page as it stands. */
export async function expectAccessible(page: Page) {
  await page.evaluate(AXE);
  const result = await page.evaluate(() =>
    (window as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run(),
  );
  const grave = result.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      nodes: nodes.slice(0, 3).map(({ html }) => html),
    }));
  expect(grave).toEqual([]);
}

/** No text on the page is a translation key that nobody translated. */
export async function expectTranslated(page: Page) {
  const keys = await page.evaluate(() => {
    const found: string[] = [];
    const isKey = (text: string) => /^[a-z]+(\.[a-z_]+)+$/.test(text.trim());
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const text = walk.currentNode.textContent ?? '';
      if (isKey(text)) found.push(text);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      for (const name of ['aria-label', 'title', 'placeholder']) {
        const text = element.getAttribute(name);
        if (text && isKey(text)) found.push(text);
      }
    }
    return found;
  });
  expect(keys).toEqual([]);
}
