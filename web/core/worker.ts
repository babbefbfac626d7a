/**
 * The dedicated worker that owns the Rust core and its database on OPFS. It only hands calls on, and
 * carries the HTTP requests that the core asks for.
 */
import type { Device, Door, HttpRequest } from './door';
import { type Answer, type Call, PLAIN_METHODS } from './messages';

/** Longest wait for an answer of the server. Milliseconds. */
const PATIENCE = 60_000;
/** Bodies shorter than this are sent as they are. Bytes. */
const WORTH_PACKING = 200;
/** A page that is just closing may still hold the files. Milliseconds. */
const LAST_OWNER = 5_000;
const RETRY = 50;

let device: Device | undefined;
let syncing: Promise<unknown> | undefined;
/** False once the server, or something in between, refused a packed body. */
let packs = true;

self.addEventListener('message', async (event: MessageEvent<Call>) => {
  const { id } = event.data;
  try {
    reply({ id, value: await carryOut(event.data) });
  } catch (thrown) {
    if (isRefusal(thrown)) return reply({ id, refused: thrown });
    // Nothing that the instance holds can be trusted now. What was saved is on the disk.
    reply({ trap: thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown) });
    self.close();
  }
});

function reply(answer: Answer) {
  self.postMessage(answer);
}

function isRefusal(thrown: unknown): thrown is { code: string; params: Record<string, unknown> } {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'params' in thrown;
}

async function carryOut(call: Call): Promise<unknown> {
  if (call.do === 'open') return open(call.pkg, call.name);
  if (!device) throw { code: 'bad_request', params: { detail: 'not open' } };
  const core = device;
  switch (call.do) {
    case 'sign_in':
      return signIn(core, ...call.args);
    case 'sync':
      syncing ??= sync(core).finally(() => (syncing = undefined));
      return syncing;
    case 'call': {
      if (!PLAIN_METHODS.includes(call.method)) {
        throw { code: 'bad_request', params: { method: call.method } };
      }
      const method = core[call.method] as (...args: unknown[]) => string;
      return JSON.parse(method.apply(core, call.args));
    }
  }
}

async function open(pkg: string, name: string): Promise<null> {
  if (!(await opfsIsHere())) throw { code: 'no_opfs', params: {} };
  const door = (await import(/* @vite-ignore */ `${pkg}client_wasm.js`)) as Door;
  await door.default({ module_or_path: `${pkg}client_wasm_bg.wasm` });
  for (let waited = 0; ; waited += RETRY) {
    try {
      device = await door.open(name);
      return null;
    } catch (thrown) {
      if (!isRefusal(thrown) || thrown.code !== 'in_use' || waited >= LAST_OWNER) throw thrown;
      await new Promise((done) => setTimeout(done, RETRY));
    }
  }
}

/** Some browsers have the classes and refuse to give the directory (private windows). */
async function opfsIsHere(): Promise<boolean> {
  const handle = globalThis.FileSystemFileHandle as { prototype: object } | undefined;
  if (!handle || !('createSyncAccessHandle' in handle.prototype)) return false;
  try {
    await navigator.storage.getDirectory();
    return true;
  } catch {
    return false;
  }
}

async function signIn(core: Device, server: string, user: string, password: string, totp?: string) {
  const answer = await send(core.sign_in_request(server, user, password, totp));
  if (!answer) throw { code: 'not_reachable', params: {} };
  return JSON.parse(core.sign_in_response(server, answer.status, answer.body));
}

/** Other calls come in between the steps: edits do not wait for the network. */
async function sync(core: Device): Promise<unknown> {
  let step = core.sync_start();
  for (;;) {
    if (step.report !== undefined) return JSON.parse(step.report);
    const request = step.request();
    const answer = request && (await send(request));
    step = answer ? core.sync_answer(answer.status, answer.body) : core.sync_failed();
  }
}

/** Any status is an answer; `undefined` if none came. */
async function send(
  request: HttpRequest,
): Promise<{ status: number; body: Uint8Array } | undefined> {
  const headers: Record<string, string> = {};
  let body: BodyInit | undefined;
  if (request.body.length > 0) {
    headers['content-type'] = request.content;
    const bytes = request.body as Uint8Array<ArrayBuffer>;
    body = bytes;
    if (request.content === 'application/cbor' && packs && bytes.length >= WORTH_PACKING) {
      body = await gzip(bytes);
      headers['content-encoding'] = 'gzip';
    }
  }
  if (request.token !== undefined) headers.authorization = `Bearer ${request.token}`;
  try {
    const response = await fetch(request.server + request.path, {
      method: request.method,
      headers,
      body,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (response.status === 415 && 'content-encoding' in headers) {
      packs = false;
      return send(request);
    }
    return { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  } catch {
    return undefined;
  }
}

/** Browsers cannot write zstd. */
async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).arrayBuffer();
}
