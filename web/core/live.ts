import type { Api } from './api';
import { asApiError } from './error';

export type LiveState = 'connecting' | 'live' | 'offline';

export interface RecordPoke {
  kind: string;
  id: string;
  seq: number | string;
}

const FIRST_RETRY = 1_000;
const LAST_RETRY = 30_000;
/** The server sends a comment at least every 30 s; longer silence means a dead connection. */
const SILENCE = 75_000;
/** A browser has six connections to a server; a tab out of sight gives its stream back. */
const UNSEEN = 30_000;

/**
 * Follows the server's event stream and reconnects for as long as it runs.
 * EventSource is not used because it cannot send an Authorization header.
 * Losing an event is harmless: `onState('live')` is the moment to read again.
 */
export class Live {
  private stopped = new AbortController();

  constructor(
    private readonly api: Api,
    private readonly onRecord: (poke: RecordPoke) => void,
    private readonly onState: (state: LiveState) => void,
    /** Code lists or settings were edited. */
    private readonly onReference: () => void = () => {},
  ) {}

  start() {
    void this.run();
  }

  stop() {
    this.stopped.abort();
  }

  private async run() {
    let wait = FIRST_RETRY;
    while (!this.stopped.signal.aborted) {
      await this.seen();
      this.onState('connecting');
      try {
        await this.follow(() => {
          wait = FIRST_RETRY;
          this.onState('live');
        });
      } catch (error) {
        if (this.stopped.signal.aborted) return;
        if (asApiError(error).status === 401) return this.onState('offline');
      }
      if (this.stopped.signal.aborted) return;
      if (document.hidden) continue;
      this.onState('offline');
      await this.pause(wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LAST_RETRY);
    }
  }

  private async follow(opened: () => void) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    this.stopped.signal.addEventListener('abort', abort);
    let silence = setTimeout(abort, SILENCE);
    let unseen: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(unseen);
      if (document.hidden) unseen = setTimeout(abort, UNSEEN);
    };
    document.addEventListener('visibilitychange', look);
    try {
      const response = await this.api.stream('/api/v1/events', connection.signal);
      if (!response.body) return;
      opened();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      const parse = eventParser((event, data) => this.deliver(event, data));
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(abort, SILENCE);
        parse(value);
      }
    } finally {
      clearTimeout(silence);
      clearTimeout(unseen);
      document.removeEventListener('visibilitychange', look);
      this.stopped.signal.removeEventListener('abort', abort);
      connection.abort();
    }
  }

  private deliver(event: string, data: string) {
    // The server dropped some for a slow reader; being live anew means to read again.
    if (event === 'resync') this.onState('live');
    if (event === 'reference') this.onReference();
    if (event !== 'record') return;
    try {
      this.onRecord(JSON.parse(data) as RecordPoke);
    } catch {
      // An event this version cannot read is one it does not need.
    }
  }

  /** Waits while the tab is hidden. */
  private seen(): Promise<void> {
    if (!document.hidden) return Promise.resolve();
    return new Promise((done) => {
      const look = () => {
        if (document.hidden && !this.stopped.signal.aborted) return;
        document.removeEventListener('visibilitychange', look);
        this.stopped.signal.removeEventListener('abort', look);
        done();
      };
      document.addEventListener('visibilitychange', look);
      this.stopped.signal.addEventListener('abort', look);
    });
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        window.removeEventListener('online', finish);
        this.stopped.signal.removeEventListener('abort', finish);
        done();
      };
      const timer = setTimeout(finish, ms);
      window.addEventListener('online', finish);
      this.stopped.signal.addEventListener('abort', finish);
    });
  }
}

/** Reads `text/event-stream` text in pieces of any size. */
export function eventParser(deliver: (event: string, data: string) => void) {
  let rest = '';
  let event = 'message';
  let data: string[] = [];
  return (piece: string) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) deliver(event, data.join('\n'));
        event = 'message';
        data = [];
      } else if (!line.startsWith(':')) {
        const [, name, value] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
        if (name === 'event') event = value ?? '';
        if (name === 'data') data.push(value ?? '');
      }
    }
  };
}
