import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The two programs of the workspace, as a user runs them. */

const root = resolve(__dirname, '../../..');

function program(name: string, variable: string): string {
  const named = process.env[variable];
  const places = named
    ? [named]
    : ['debug', 'release'].map((profile) => join(root, 'target', profile, name));
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`${name} is not built: cargo build -p server -p device-cli`);
  return found;
}

const server = () => program('fieldledger', 'FIELDLEDGER_BIN');
const device = () => program('fieldledger-device', 'FIELDLEDGER_DEVICE_BIN');

/** Runs a program to its end; its standard output if it succeeded. */
function run(command: string, args: string[], input = ''): string {
  const done = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    timeout: 120_000,
  });
  if (done.status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${done.status}\n${done.stdout}${done.stderr}`);
  }
  return done.stdout;
}

export interface Account {
  name: string;
  display: string;
  role: 'engineer' | 'office' | 'admin';
  more?: string[];
}

export const PASSWORD = 'correct horse battery 9';

/** A server with the demo organisation, on a data directory of its own. */
export class Server {
  private child: ChildProcess | null = null;
  readonly folder = mkdtempSync(join(tmpdir(), 'fieldledger-browser-'));
  private readonly data = join(this.folder, 'server');
  private devices = 0;
  url = '';

  async start(accounts: Account[]) {
    run(server(), ['demo', '--data', this.data]);
    for (const { name, display, role, more } of accounts) {
      const who = ['user', 'add', name, '--role', role, '--display', display, ...(more ?? [])];
      run(server(), [...who, '--data', this.data], `${PASSWORD}\n`);
    }
    await this.serve('127.0.0.1:0');
  }

  /** Starts to listen; the address is what the program prints once it does. */
  private serve(listen: string): Promise<void> {
    const args = ['serve', '--data', this.data, '--listen', listen];
    const child = spawn(server(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    return new Promise((done, fail) => {
      let printed = '';
      const read = (text: string) => {
        printed += text;
        const listening = /listening on (http:\/\/[\d.]+:\d+)/.exec(printed);
        if (!listening) return;
        this.url = listening[1]!;
        done();
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
      child.once('exit', (code) => fail(new Error(`the server ended (${code})\n${printed}`)));
    });
  }

  /** Ends the process as a power cut would, and starts it on the same address. */
  async restart() {
    await this.end('SIGKILL');
    await this.serve(new URL(this.url).host);
  }

  async stop() {
    await this.end('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }

  private end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null) return Promise.resolve();
    return new Promise((done) => {
      child.removeAllListeners('exit');
      child.once('exit', () => done());
      child.kill(signal);
    });
  }

  /** A device with a data directory of its own, signed in. */
  device(user: string): Device {
    this.devices += 1;
    const data = join(this.folder, `device-${this.devices}`);
    mkdirSync(data);
    const phone = new Device(data);
    phone.run(['login', '--server', this.url, '--user', user], `${PASSWORD}\n`);
    return phone;
  }
}

export interface Saved {
  id: string;
  number: string | null;
}

/** `fieldledger-device` on one data directory. */
export class Device {
  constructor(private readonly data: string) {}

  run<T>(args: string[], input = ''): T {
    return JSON.parse(run(device(), ['--data', this.data, '--json', ...args], input)) as T;
  }

  create(kind: string, fields: Record<string, string>): Saved {
    return this.run<Saved>(['new', kind, ...pairs(fields)]);
  }

  edit(id: string, fields: Record<string, string>) {
    this.run(['edit', id, ...pairs(fields)]);
  }

  sync() {
    const result = this.run<{ ok: boolean }>(['sync']);
    if (!result.ok) throw new Error(`sync failed: ${JSON.stringify(result)}`);
  }
}

function pairs(fields: Record<string, string>): string[] {
  return Object.entries(fields).map(([key, value]) => `${key}=${value}`);
}
