import { Api } from '@core/api';
import { Session } from '@core/session';
import { beforeEach, describe, expect, it, vi } from 'vitest';

const user = { id: 'u1', name: 'li', display: '李敏', role: 'office', may: [] };

function answer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status });
}

function tokens(n: number, expires_in = 600) {
  return answer({ access: `access-${n}`, refresh: `refresh-${n}`, expires_in, user });
}

const fetchMock = vi.fn<typeof fetch>();
const bodyOf = (call: number) => JSON.parse(String(fetchMock.mock.calls[call]![1]!.body));

beforeEach(() => {
  localStorage.clear();
  fetchMock.mockReset();
  vi.stubGlobal('fetch', fetchMock);
});

describe('session', () => {
  it('keeps the access token out of storage', async () => {
    fetchMock.mockResolvedValueOnce(tokens(1));
    const session = new Session(() => {});
    await session.signIn('li', 'secret');
    expect(await session.token()).toBe('access-1');
    expect(JSON.stringify({ ...localStorage })).not.toContain('access-1');
    expect(JSON.stringify({ ...localStorage })).not.toContain('secret');
  });

  it('asks for one renewal however many calls wait', async () => {
    fetchMock.mockResolvedValueOnce(tokens(1, 0)).mockResolvedValueOnce(tokens(2));
    const session = new Session(() => {});
    await session.signIn('li', 'secret');
    const all = await Promise.all([session.token(), session.token(), session.token()]);
    expect(all).toEqual(['access-2', 'access-2', 'access-2']);
    expect(fetchMock).toHaveBeenCalledTimes(2);
  });

  it('repeats a renewal whose answer was lost under the same request id', async () => {
    fetchMock
      .mockResolvedValueOnce(tokens(1, 0))
      .mockRejectedValueOnce(new TypeError('network'))
      .mockResolvedValueOnce(tokens(2));
    const ended = vi.fn();
    const session = new Session(ended);
    await session.signIn('li', 'secret');
    await expect(session.token()).rejects.toMatchObject({ code: 'offline' });
    expect(ended).not.toHaveBeenCalled();
    await session.token();
    expect(bodyOf(2)).toEqual(bodyOf(1));
  });

  it('ends when the server refuses the refresh token', async () => {
    fetchMock
      .mockResolvedValueOnce(tokens(1, 0))
      .mockResolvedValueOnce(answer({ code: 'token_invalid', params: {} }, 401));
    const ended = vi.fn();
    const session = new Session(ended);
    await session.signIn('li', 'secret');
    await expect(session.token()).rejects.toMatchObject({ code: 'token_invalid' });
    expect(ended).toHaveBeenCalledOnce();
    expect(session.known).toBe(false);
  });
});

describe('api', () => {
  it('renews once when the token ended on the way, and sends again', async () => {
    fetchMock
      .mockResolvedValueOnce(tokens(1))
      .mockResolvedValueOnce(answer({ code: 'token_expired', params: {} }, 401))
      .mockResolvedValueOnce(tokens(2))
      .mockResolvedValueOnce(answer({ items: [], total: 0, next: null }));
    const session = new Session(() => {});
    await session.signIn('li', 'secret');
    await new Api(session).list('complaint', { filters: ['status:draft'], limit: 30 });
    const [url, init] = fetchMock.mock.calls[3]!;
    expect(url).toBe('/api/v1/records/complaint?filter=status%3Adraft&limit=30');
    expect(new Headers(init!.headers).get('authorization')).toBe('Bearer access-2');
  });

  it('makes a code of an answer that is no problem document', async () => {
    fetchMock
      .mockResolvedValueOnce(tokens(1))
      .mockResolvedValueOnce(new Response('<html>Bad gateway</html>', { status: 502 }));
    const session = new Session(() => {});
    await session.signIn('li', 'secret');
    await expect(new Api(session).reference()).rejects.toMatchObject({ code: 'server_fault' });
  });
});
