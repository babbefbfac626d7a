import type { Reference, Uuid } from '@shared/schema';
import { Leader } from './leader';
import type { PlainMethod } from './messages';
import type { SignedInUser } from './session';
import type {
  Conflict,
  Deadline,
  DeadlineFilter,
  DeadlineRow,
  Entry,
  Fields,
  HistoryItem,
  Intent,
  RecordEvent,
  Rights,
} from './types';

/** What matters most about a record, to the person who works on it. */
export type SyncState = 'waiting' | 'sent' | 'conflict' | 'not_accepted';

export interface Saved {
  id: Uuid;
  kind: string;
  /** Temporary until the server gives one; null for kinds without numbers. */
  number: string | null;
  saved: true;
}

export interface LocalRow {
  id: Uuid;
  kind: string;
  number: string | null;
  status: string;
  sync: SyncState;
  [indexField: string]: unknown;
}

export interface LocalRecord {
  id: Uuid;
  kind: string;
  number: string | null;
  status: string;
  sync: SyncState;
  /** Pieces of work on it that the server does not have. */
  unsent: number;
  refused: number;
  fields: Fields;
  collections: Record<string, Entry[]>;
  events: RecordEvent[];
  conflicts: Conflict[];
}

export interface Work {
  /** Names a refused piece, for `discardRefused`; none for a file. */
  n: number | null;
  id: Uuid;
  kind: string;
  /** What people call the record. */
  record: string | null;
  what: string;
  /** None for a file. */
  intent: Intent | null;
  at: string;
  state: 'waiting' | 'sent' | 'proposed' | 'not_accepted';
  code: string | null;
  params: Record<string, unknown> | null;
  /** A file that the server does not have; its bytes are only here. */
  file?: { sha256: string; size: number; mime: string; name: string };
}

export interface SyncReport {
  ok: boolean;
  pushed: { accepted: number; duplicate: number; proposed: number; refused: number };
  pulled: { records: number; gone: number };
  unsent: number;
  /** Files that the server does not have. */
  files: number;
  /** Why it did not do everything; `not_reachable` when offline. */
  code: string | null;
  params: Record<string, unknown>;
}

export interface SyncStatus {
  unsent: number;
  /** Waits for the office's decision. */
  proposed: number;
  refused: number;
  /** Files that the server does not have. */
  files: number;
  /** What keeps the device for its account: all of these together. */
  held: number;
  last_sync: string | null;
  server: string | null;
  user: SignedInUser | null;
  /** False once the server refused to renew the sign-in; local work goes on. */
  signed_in: boolean;
  /** Signed out with unsent work, which waits for the same account. */
  locked: boolean;
}

export interface LocalFilter {
  status?: string[];
  text?: string;
  limit?: number;
  offset?: number;
}

/** How long the browser keeps what is here. */
export interface Storage {
  /** Whether the browser promised not to clear it when space runs out. */
  persisted: boolean;
  /** Bytes. */
  used: number;
  quota: number;
}

export interface ClientOptions {
  /** Address of the folder that `scripts/wasm.sh` made, with a slash at the end. */
  pkg: string;
  /** One origin may hold several databases. */
  name?: string;
  /** Told when the core broke and was started again from the disk: what is on the screen is to be read again. */
  trapped?: (detail: string) => void;
}

/**
 * The records of this browser: they can be read and edited without a network. Every method throws an
 * `ApiError`. An edit that has been answered is on the disk.
 */
export class Client {
  private constructor(private readonly leader: Leader) {}

  /**
   * @throws ApiError `no_opfs` where the browser cannot keep records (nothing works offline there, and the
   * app has to say so), `open_in_another_tab`, `data_too_new`, `data_damaged`, `disk_full`, `storage_failed`.
   * A damaged database is left as it is; another `name` begins a new one beside it.
   */
  static async open({ pkg, name = 'main', trapped }: ClientOptions): Promise<Client> {
    const folder = new URL(pkg, location.href).href;
    return new Client(await Leader.take(folder, name, trapped));
  }

  /** Resolves when the tab that leads is closed. */
  static freed(name = 'main'): Promise<void> {
    return Leader.freed(name);
  }

  close() {
    this.leader.close();
  }

  status = () => this.call<SyncStatus>('status');

  signIn(server: string, user: string, password: string, totp?: string): Promise<SignedInUser> {
    const args: [string, string, string, string?] = [server, user, password, totp];
    return this.leader.ask({ do: 'sign_in', args }) as Promise<SignedInUser>;
  }

  /** Answers how many unsent pieces of work stay, locked for this account. */
  signOut = () => this.call<number>('sign_out');

  list(kind: string | undefined, filter: LocalFilter = {}) {
    return this.call<LocalRow[]>('list', kind, JSON.stringify(filter));
  }

  /** What is owed and when, by due time; needs no network. */
  deadlines(filter: DeadlineFilter = {}) {
    return this.call<DeadlineRow[]>('deadlines', JSON.stringify(filter));
  }

  /** All deadlines of one record, done ones too. */
  deadlinesOf = (id: Uuid) => this.call<Deadline[]>('deadlines_of', id);

  /** The record that goes by an id, an official number or a temporary number. */
  find = (name: string) => this.call<Uuid>('find', name);
  show = (id: Uuid) => this.call<LocalRecord>('show', id);
  rights = (id: Uuid) => this.call<Rights>('rights', id);
  conflicts = (id: Uuid) => this.call<Conflict[]>('conflicts', id);
  history = (id: Uuid) => this.call<HistoryItem[]>('history', id);

  create(kind: string, fields: Fields) {
    return this.call<Saved>('create', kind, JSON.stringify(fields));
  }

  /** All intents are carried out, or none. */
  edit(id: Uuid, intents: Intent[]) {
    return this.call<Saved>('edit', id, JSON.stringify(intents));
  }

  event(id: Uuid, to: string, why?: string, fields: Fields = {}) {
    return this.call<Saved>('event', id, to, why, JSON.stringify(fields));
  }

  outbox = () => this.call<Work[]>('outbox');
  discardRefused = (n: number) => this.call<null>('discard_refused', n);
  reference = () => this.call<Reference | null>('reference');

  /** Sends what is unsent and takes what is new. Being offline is an answer, not an error. */
  sync(): Promise<SyncReport> {
    return this.leader.ask({ do: 'sync' }) as Promise<SyncReport>;
  }

  /** Asks the browser to keep what is here, and says what it answered. */
  async storage(): Promise<Storage> {
    const persisted = (await navigator.storage.persist?.()) ?? false;
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    return { persisted, used: usage, quota };
  }

  private call<T>(method: PlainMethod, ...args: unknown[]): Promise<T> {
    return this.leader.ask({ do: 'call', method, args }) as Promise<T>;
  }
}
