import { ApiError } from './error';
import type { Answer, Call } from './messages';

/** A page that is being reloaded gives its lock up a moment later. Milliseconds. */
const LAST_LEADER = 1_500;
/** A worker that breaks this often without doing anything useful is not started again. */
const MOST_TRAPS = 3;

type Settle = { resolve: (value: unknown) => void; reject: (error: ApiError) => void };
/** Omits from each member of a union. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/**
 * The one tab that runs the core. The files of a database can be open once only, so the tab that holds a
 * Web Lock runs the worker, and others are told `open_in_another_tab`. A worker that breaks is started
 * again from what is on the disk.
 */
export class Leader {
  private worker: Worker | undefined;
  private opened: Promise<unknown> = Promise.resolve();
  private waiting = new Map<number, Settle>();
  private last = 0;
  private traps = 0;

  private constructor(
    private readonly pkg: string,
    private readonly name: string,
    private readonly giveUpLock: () => void,
    private readonly trapped: (detail: string) => void,
  ) {}

  /**
   * Takes the lead and opens the database.
   * @param pkg address of the folder that `scripts/wasm.sh` made, with a slash at the end
   * @param trapped told when the worker had to be started again
   * @throws ApiError `no_opfs`, `open_in_another_tab`, or a code of the core
   */
  static async take(
    pkg: string,
    name: string,
    trapped: (detail: string) => void = () => {},
  ): Promise<Leader> {
    // Pages that are no secure context have neither locks nor OPFS.
    if (!navigator.locks || !navigator.storage?.getDirectory) throw new ApiError('no_opfs');
    const leader = new Leader(pkg, name, await lock(name), trapped);
    leader.start();
    try {
      await leader.opened;
    } catch (error) {
      leader.close();
      throw error;
    }
    return leader;
  }

  /** Resolves when no tab leads any more. */
  static async freed(name: string): Promise<void> {
    await navigator.locks.request(lockName(name), () => {});
  }

  /** Hands a call to the worker. After `trap` it is not known whether the call had been carried out. */
  async ask(call: Without<Exclude<Call, { do: 'open' }>, 'id'>): Promise<unknown> {
    await this.opened;
    const value = await this.post(call);
    this.traps = 0;
    return value;
  }

  /** Stops the worker and lets another tab lead. */
  close() {
    this.stop(new ApiError('closed'));
    this.giveUpLock();
  }

  private start() {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.worker = worker;
    worker.addEventListener('message', (event: MessageEvent<Answer>) => this.take(event.data));
    // A worker whose script cannot be loaded says so here only.
    worker.addEventListener('error', (event) => this.trap(event.message || 'worker'));
    this.opened = this.post({ do: 'open', pkg: this.pkg, name: this.name });
    // Whoever asks next gets the error; until then it is nobody's.
    this.opened.catch(() => {});
  }

  private post(call: Without<Call, 'id'>): Promise<unknown> {
    const id = ++this.last;
    return new Promise((resolve, reject) => {
      if (!this.worker) return reject(new ApiError('closed'));
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ ...call, id });
    });
  }

  private take(answer: Answer) {
    if ('trap' in answer) return this.trap(answer.trap);
    const settle = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('refused' in answer) {
      settle?.reject(new ApiError(answer.refused.code, answer.refused.params));
    } else {
      settle?.resolve(answer.value);
    }
  }

  private trap(detail: string) {
    this.stop(new ApiError('trap', { detail }));
    this.traps += 1;
    if (this.traps < MOST_TRAPS) this.start();
    this.trapped(detail);
  }

  private stop(error: ApiError) {
    this.worker?.terminate();
    this.worker = undefined;
    const { waiting } = this;
    this.waiting = new Map();
    for (const settle of waiting.values()) settle.reject(error);
  }
}

function lockName(name: string): string {
  return `fieldledger.core.${name}`;
}

/** Takes the lock and answers how to give it up. */
async function lock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = (): Promise<void> => new Promise((giveUp) => resolve(giveUp));
    navigator.locks
      .request(lockName(name), { signal: AbortSignal.timeout(LAST_LEADER) }, held)
      .catch(() => reject(new ApiError('open_in_another_tab')));
  });
}
