import type { Reference, Uuid } from '@shared/schema';
import { ApiError } from './error';
import { readJson, request } from './http';
import type { Session } from './session';
import type {
  DeadlinePage,
  HistoryItem,
  Intent,
  ProposalPage,
  RecordPage,
  RecordView,
  ReturnVisitPlan,
  Related,
  SearchPage,
  Suggestion,
} from './types';

export interface ListQuery {
  /** Each one `key:value`, as `listFilter` writes them. */
  filters: string[];
  sort?: string;
  limit: number;
  cursor?: string;
}

/** The server's REST interface, one method per route the apps use. */
export class Api {
  constructor(readonly session: Session) {}

  reference(since?: string | number): Promise<Reference> {
    return this.get(`/api/v1/reference${since === undefined ? '' : `?since=${since}`}`);
  }

  list(kind: string, query: ListQuery, signal?: AbortSignal): Promise<RecordPage> {
    const search = new URLSearchParams();
    for (const filter of query.filters) search.append('filter', filter);
    if (query.sort) search.set('sort', query.sort);
    search.set('limit', String(query.limit));
    if (query.cursor) search.set('cursor', query.cursor);
    return this.get(`/api/v1/records/${kind}?${search}`, signal);
  }

  record(kind: string, id: Uuid, signal?: AbortSignal): Promise<RecordView> {
    return this.get(`/api/v1/records/${kind}/${id}`, signal);
  }

  async history(kind: string, id: Uuid): Promise<HistoryItem[]> {
    const answer = await this.get<{ items: HistoryItem[] }>(
      `/api/v1/records/${kind}/${id}/history`,
    );
    return answer.items;
  }

  /** The id is made here, so that sending the same creation twice makes one record. */
  create(kind: string, id: Uuid, intents: Intent[]): Promise<RecordView> {
    return this.post(`/api/v1/records/${kind}`, { id, intents });
  }

  related(kind: string, id: Uuid, signal?: AbortSignal): Promise<Related> {
    return this.get(`/api/v1/records/${kind}/${id}/related`, signal);
  }

  async suggestions(kind: string, id: Uuid, signal?: AbortSignal): Promise<Suggestion[]> {
    const answer = await this.get<Suggestion[] | { items: Suggestion[] }>(
      `/api/v1/records/${kind}/${id}/suggestions`,
      signal,
    );
    return Array.isArray(answer) ? answer : answer.items;
  }

  /** Says that two records are one; `null` undoes that. */
  merge(kind: string, id: Uuid, into: Uuid | null): Promise<RecordView> {
    return this.post(`/api/v1/records/${kind}/${id}/merge`, { into });
  }

  /** All intents are applied, or none. */
  change(kind: string, id: Uuid, intents: Intent[]): Promise<RecordView> {
    return this.post(`/api/v1/records/${kind}/${id}/intents`, intents);
  }

  /** Records of all kinds, or of one. */
  search(
    q: string,
    query: { kind?: string; limit: number; cursor?: string },
    signal?: AbortSignal,
  ): Promise<SearchPage> {
    const search = new URLSearchParams({ q, limit: String(query.limit) });
    if (query.kind) search.set('kind', query.kind);
    if (query.cursor) search.set('cursor', query.cursor);
    return this.get(`/api/v1/search?${search}`, signal);
  }

  /** What is owed, by due time; the filters are the server's own words. */
  deadlines(filters: Record<string, string>, signal?: AbortSignal): Promise<DeadlinePage> {
    return this.get(`/api/v1/deadlines?${new URLSearchParams(filters)}`, signal);
  }

  /** What waits for a decision, oldest first. */
  proposals(cursor?: string): Promise<ProposalPage> {
    return this.get(`/api/v1/proposals${cursor ? `?cursor=${cursor}` : ''}`);
  }

  decide(id: number, decision: 'accept' | 'refuse', note = ''): Promise<void> {
    return this.post(`/api/v1/proposals/${id}`, { decision, note });
  }

  /** Return-visits of a period; `dry_run` only tells. Asked twice it makes nothing twice. */
  planReturnVisits(period: {
    from: string;
    to: string;
    region?: string;
    dry_run: boolean;
  }): Promise<ReturnVisitPlan> {
    return this.post('/api/v1/return-visits/plan', period);
  }

  /** A resource of administrators. */
  admin<T>(path: string): Promise<T> {
    return this.get(`/api/v1/admin/${path}`);
  }

  /** Writes a resource of administrators; it answers as it is afterwards. */
  putAdmin<T>(path: string, body: unknown): Promise<T> {
    return this.send('PUT', `/api/v1/admin/${path}`, body);
  }

  /** An answer whose body is read as it arrives. */
  stream(path: string, signal: AbortSignal): Promise<Response> {
    return this.authorised(path, { headers: { accept: 'text/event-stream' }, signal });
  }

  private async get<T>(path: string, signal?: AbortSignal): Promise<T> {
    return readJson<T>(await this.authorised(path, { signal }));
  }

  private post<T>(path: string, body: unknown): Promise<T> {
    return this.send('POST', path, body);
  }

  private async send<T>(method: string, path: string, body: unknown): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return readJson<T>(
      await this.authorised(path, { method, headers, body: JSON.stringify(body) }),
    );
  }

  /** Sends with the access token; one that ended on the way is renewed once. */
  private async authorised(path: string, init: RequestInit): Promise<Response> {
    const send = (token: string) =>
      request(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
    try {
      return await send(await this.session.token());
    } catch (error) {
      const renewable =
        error instanceof ApiError &&
        error.status === 401 &&
        (error.code === 'token_expired' || error.code === 'token_invalid') &&
        this.session.user !== null;
      if (!renewable) throw error;
      return send(await this.session.renew());
    }
  }
}
