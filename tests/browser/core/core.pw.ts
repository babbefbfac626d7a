import { type BrowserContext, type Page, chromium, expect, test } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '../../../web/core/client';
import { PASSWORD, Server } from '../support/programs';
import { type CoreServer, startServer } from './server';

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface Lab {
  Client: typeof Client;
  client: Client;
  error?: { code: string };
}

let server: CoreServer;
let profile: string;
let context: BrowserContext;

test.beforeEach(async () => {
  server = await startServer();
  profile = await mkdtemp(join(tmpdir(), 'fieldledger-core-'));
  context = await browser();
});

test.afterEach(async () => {
  await context.close();
  await server.close();
  await rm(profile, { recursive: true, force: true });
});

function browser(): Promise<BrowserContext> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launchPersistentContext(profile, { executablePath, args: ARGS });
}

async function newPage(): Promise<Page> {
  const page = await context.newPage();
  await load(page);
  return page;
}

async function load(page: Page) {
  await page.goto(server.url);
  await page.waitForFunction(() => 'Client' in window);
}

/** Opens the core; answers `open`, or the code of what kept it from opening. */
function open(page: Page, pkg = 'core/pkg/'): Promise<string> {
  return page.evaluate(async (pkg) => {
    const lab = window as unknown as Lab;
    try {
      lab.client = await lab.Client.open({ pkg });
      return 'open';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }, pkg);
}

function signIn(page: Page, password = 'secret') {
  return page.evaluate(
    (password) => (window as unknown as Lab).client.signIn(location.origin, 'wang', password),
    password,
  );
}

function create(page: Page, content: string) {
  const make = (content: string) =>
    (window as unknown as Lab).client.create('complaint', { content, reporter_name: '李四' });
  return page.evaluate(make, content);
}

function list(page: Page, text = '') {
  return page.evaluate(
    (text) => (window as unknown as Lab).client.list('complaint', { text }),
    text,
  );
}

test('a complaint made offline stays: edit, failed sync, reload, browser restart', async () => {
  let page = await newPage();
  expect(await open(page)).toBe('open');
  await signIn(page);
  const made = await create(page, '液压站漏油，现场停机');
  expect(made.saved).toBe(true);
  expect(made.number).toMatch(/^临-/);
  await page.evaluate(
    (id) =>
      (window as unknown as Lab).client.edit(id, [
        { cmd: 'set', field: 'content', value: '液压站漏油，已停机检查' },
      ]),
    made.id,
  );

  const report = await page.evaluate(() => (window as unknown as Lab).client.sync());
  expect(report).toMatchObject({ ok: false, code: 'not_reachable', unsent: 2 });
  // The browser itself may try once more when a connection that it kept open is gone.
  expect([...new Set(server.lost)]).toEqual(['/api/v1/sync/hello']);

  const look = async () => {
    expect((await list(page, '漏油')).map((row) => row.id)).toEqual([made.id]);
    const show = (id: string) => (window as unknown as Lab).client.show(id);
    const record = await page.evaluate(show, made.id);
    expect(record.fields.content).toBe('液压站漏油，已停机检查');
    expect(record.sync).toBe('waiting');
    const outbox = await page.evaluate(() => (window as unknown as Lab).client.outbox());
    expect(outbox.map((work) => work.what)).toEqual(['create', 'set content']);
  };
  await look();

  await load(page);
  expect(await open(page)).toBe('open');
  await look();

  await context.close();
  context = await browser();
  page = await newPage();
  expect(await open(page)).toBe('open');
  await look();
});

test('what was made offline reaches the real server, and news come back', async () => {
  const office = new Server();
  try {
    await office.start([{ name: 'wang', display: '王工', role: 'engineer' }]);
    server.api = office.url;
    const page = await newPage();
    expect(await open(page)).toBe('open');
    await signIn(page, PASSWORD);
    const made = await create(page, '液压站漏油，现场停机。'.repeat(40));
    const sync = () => page.evaluate(() => (window as unknown as Lab).client.sync());
    const pushed = { accepted: 1, duplicate: 0, proposed: 0, refused: 0 };
    expect(await sync()).toMatchObject({ ok: true, unsent: 0, pushed });
    const [row] = await list(page);
    expect(row).toMatchObject({ id: made.id, sync: 'sent' });
    expect(row?.number).not.toMatch(/^临-/);

    const phone = office.device('wang');
    phone.sync();
    phone.edit(made.id, { reporter_name: '赵六' });
    phone.sync();
    expect(await sync()).toMatchObject({ ok: true, pulled: { records: 1 } });
    const show = (id: string) => (window as unknown as Lab).client.show(id);
    expect((await page.evaluate(show, made.id)).fields.reporter_name).toBe('赵六');
  } finally {
    await office.stop();
  }
});

test('a second tab is told, and may lead when the first is closed', async () => {
  const first = await newPage();
  expect(await open(first)).toBe('open');
  const second = await newPage();
  expect(await open(second)).toBe('open_in_another_tab');
  const freed = second.evaluate(() => (window as unknown as Lab).Client.freed());
  await first.close();
  await freed;
  expect(await open(second)).toBe('open');
});

test('after a trap the worker starts again from the disk', async () => {
  const page = await newPage();
  expect(await open(page, 'breaking/')).toBe('open');
  await signIn(page);
  const made = await create(page, '主轴异响');
  const code = await page.evaluate(async (id) => {
    try {
      await (window as unknown as Lab).client.history(id);
      return 'no error';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }, made.id);
  expect(code).toBe('trap');
  expect((await list(page)).map((row) => row.id)).toEqual([made.id]);
  await create(page, '主轴仍有异响');
  expect(await list(page)).toHaveLength(2);
});

test('refusals carry a code and what it is about', async () => {
  const page = await newPage();
  expect(await open(page)).toBe('open');
  const refusal = (kind: string) =>
    page.evaluate(async (kind) => {
      try {
        await (window as unknown as Lab).client.create(kind, { content: '漏油' });
        return undefined;
      } catch (error) {
        const { code, params } = error as { code: string; params: unknown };
        return { code, params };
      }
    }, kind);
  expect(await refusal('complaint')).toEqual({ code: 'sign_in_needed', params: { unsent: 0 } });
  await signIn(page);
  expect(await refusal('no_such')).toMatchObject({ code: 'unknown_kind' });
});

test('a browser without a file system is told that it cannot work offline', async () => {
  const page = await context.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: undefined });
  });
  await load(page);
  expect(await open(page)).toBe('no_opfs');
});

test('saving is quick', async () => {
  const page = await newPage();
  expect(await open(page)).toBe('open');
  await signIn(page);
  const times = await page.evaluate(async () => {
    const { client } = window as unknown as Lab;
    const times: number[] = [];
    for (let n = 0; n < 30; n++) {
      const start = performance.now();
      await client.create('complaint', { content: `第${n}次漏油` });
      times.push(performance.now() - start);
    }
    return times.sort((a, b) => a - b);
  });
  // A figure to look at, not a bound: other programs run beside this one.
  console.log(
    `save in the browser: median ${times[15]?.toFixed(1)} ms, slowest ${times[29]?.toFixed(1)} ms`,
  );
  expect(await list(page)).toHaveLength(30);
});
