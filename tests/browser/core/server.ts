import { readFile } from 'node:fs/promises';
import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import ts from 'typescript';

const CORE = join(__dirname, '../../../web/core');
const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.ts': 'text/javascript',
  '.wasm': 'application/wasm',
};
const PAGE = `<!doctype html><meta charset="utf-8"><title>core</title>
<script type="module">
  import { Client } from './core/client.ts';
  window.Client = Client;
</script>`;
/** The core as it is, with one method that breaks in the middle. */
const BREAKS = `
Device.prototype.history = () => { throw new WebAssembly.RuntimeError('unreachable'); };`;

const ENGINEER = {
  id: '01941f29-7c00-7000-8000-000000000001',
  name: 'wang',
  display: '王工',
  role: 'engineer',
  may: [],
};

/** Serves web/core as it is in the repository; TypeScript is only stripped of its types. */
export interface CoreServer {
  url: string;
  /** Where the API is; without it sign-ins are granted and everything else loses its connection. */
  api?: string;
  /** Paths of requests to the sync API, all of which lose their connection. */
  lost: string[];
  close(): Promise<void>;
}

export async function startServer(): Promise<CoreServer> {
  const lost: string[] = [];
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://host').pathname;
    if (core.api && path.startsWith('/api/')) return forward(core.api, request, response);
    if (path.startsWith('/api/v1/sync/')) {
      lost.push(path);
      request.socket.destroy();
      return;
    }
    answer(path).then(
      ({ type, body }) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const core: CoreServer = { url: `http://127.0.0.1:${port}/`, lost, close: () => stop(server) };
  return core;
}

function forward(api: string, request: IncomingMessage, response: ServerResponse) {
  const { method, headers } = request;
  const onward = ask(api + request.url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => request.socket.destroy());
  request.pipe(onward);
}

async function answer(path: string): Promise<{ type: string; body: string | Buffer }> {
  if (path === '/') return { type: 'text/html', body: PAGE };
  if (path === '/api/v1/session') {
    const granted = { access: 'a', refresh: 'r', expires_in: 600, user: ENGINEER };
    return { type: 'application/json', body: JSON.stringify(granted) };
  }
  const breaking = path.startsWith('/breaking/');
  let file = normalize(join(CORE, path.replace(/^\/core\//, '').replace(/^\/breaking\//, 'pkg/')));
  if (!file.startsWith(CORE)) throw new Error(path);
  if (extname(file) === '') file += '.ts';
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  const body = await readFile(file);
  if (extname(file) === '.ts') {
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 };
    return { type, body: ts.transpileModule(body.toString(), { compilerOptions }).outputText };
  }
  return { type, body: breaking && extname(file) === '.js' ? body.toString() + BREAKS : body };
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
