import { ApiError } from './error';
import { readJson, request } from './http';
import { newUuid } from './uuid';

export type Role = 'engineer' | 'office' | 'admin';

export interface SignedInUser {
  id: string;
  name: string;
  display: string;
  role: Role;
  may: string[];
}

interface SessionAnswer {
  access: string;
  refresh: string;
  /** Seconds until `access` stops being accepted. */
  expires_in: number;
  user: SignedInUser;
}

interface StoredSession {
  refresh: string;
  /** Identifies a refresh whose answer never arrived, so that asking again gives the same one. */
  request?: string;
}

const STORE_KEY = 'fieldledger.session';
const LOCK = 'fieldledger.session';
/** An access token is renewed this long before it ends. Milliseconds. */
const RENEW_EARLY = 30_000;

/**
 * The signed-in session of this browser. The access token lives in memory only;
 * the refresh token is in localStorage, so that a reload and a second tab stay
 * signed in.
 */
export class Session {
  private access: string | null = null;
  private accessEnds = 0;
  private renewing: Promise<string> | null = null;
  user: SignedInUser | null = null;

  /** @param ended called when the server no longer accepts this session. */
  constructor(private readonly ended: () => void) {}

  /** Whether this browser was signed in when it was last used. */
  get known(): boolean {
    return this.user !== null || readStored() !== null;
  }

  async signIn(user: string, password: string, totp?: string): Promise<SignedInUser> {
    const body = totp ? { user, password, totp } : { user, password };
    const answer = await post<SessionAnswer>('/api/v1/session', body);
    this.keep(answer);
    return answer.user;
  }

  async signOut(): Promise<void> {
    const access = this.access;
    this.forget();
    if (!access) return;
    try {
      await request('/api/v1/session', {
        method: 'DELETE',
        headers: { authorization: `Bearer ${access}` },
      });
    } catch {
      // The tokens are gone from this browser; the server's row ends by itself.
    }
  }

  /** An access token that is good for at least a few seconds. */
  async token(): Promise<string> {
    if (this.access && Date.now() < this.accessEnds - RENEW_EARLY) return this.access;
    return this.renew();
  }

  /** Asks for a new access token; calls made meanwhile share the answer. */
  renew(): Promise<string> {
    this.renewing ??= withLock(() => this.refresh()).finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  private async refresh(): Promise<string> {
    // Read inside the lock: another tab may have rotated the token just now.
    const stored = readStored();
    if (!stored) {
      this.end();
      throw new ApiError('token_invalid', {}, 401);
    }
    const attempt = { ...stored, request: stored.request ?? newUuid() };
    writeStored(attempt);
    try {
      const answer = await post<SessionAnswer>('/api/v1/session/refresh', attempt);
      this.keep(answer);
      return answer.access;
    } catch (error) {
      if (error instanceof ApiError && (error.status === 401 || error.status === 403)) this.end();
      throw error;
    }
  }

  private keep(answer: SessionAnswer) {
    this.access = answer.access;
    this.accessEnds = Date.now() + answer.expires_in * 1000;
    this.user = answer.user;
    writeStored({ refresh: answer.refresh });
  }

  private end() {
    this.forget();
    this.ended();
  }

  private forget() {
    this.access = null;
    this.user = null;
    localStorage.removeItem(STORE_KEY);
  }
}

async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return readJson<T>(await request(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}

function readStored(): StoredSession | null {
  try {
    const stored = JSON.parse(localStorage.getItem(STORE_KEY) ?? 'null') as StoredSession | null;
    return stored && typeof stored.refresh === 'string' ? stored : null;
  } catch {
    return null;
  }
}

function writeStored(session: StoredSession) {
  localStorage.setItem(STORE_KEY, JSON.stringify(session));
}

/** Refresh tokens rotate: two tabs refreshing at once would invalidate each other. */
function withLock<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks exist only in secure contexts; plain http inside a company network is none.
  if (!('locks' in navigator) || !navigator.locks) return work();
  return navigator.locks.request(LOCK, work) as Promise<T>;
}
