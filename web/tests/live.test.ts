import type { Api } from '@core/api';
import { eventParser, Live, type LiveState } from '@core/live';
import { afterEach, describe, expect, it, vi } from 'vitest';

function parse(pieces: string[]) {
  const seen: [string, string][] = [];
  const feed = eventParser((event, data) => seen.push([event, data]));
  for (const piece of pieces) feed(piece);
  return seen;
}

describe('event stream', () => {
  const stream =
    ': ping\n\nevent: record\ndata: {"id":"1"}\n\nevent: record\r\ndata: {"id":"2"}\r\n\r\ndata: x\n\n';

  it('reads events and skips comments', () => {
    expect(parse([stream])).toEqual([
      ['record', '{"id":"1"}'],
      ['record', '{"id":"2"}'],
      ['message', 'x'],
    ]);
  });

  it('does not depend on where the network cuts', () => {
    for (let cut = 1; cut < stream.length; cut++) {
      expect(parse([stream.slice(0, cut), stream.slice(cut)])).toEqual(parse([stream]));
    }
  });
});

describe('connection', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** A server whose streams stay open until the page closes them. */
  function server() {
    const open = new Set<AbortSignal>();
    const stream = vi.fn(async (_path: string, signal: AbortSignal) => {
      open.add(signal);
      const body = new ReadableStream<Uint8Array>({
        start: (controller) =>
          signal.addEventListener('abort', () => {
            open.delete(signal);
            controller.error(new DOMException('closed', 'AbortError'));
          }),
      });
      return new Response(body);
    });
    return { open, stream, api: { stream } as unknown as Api };
  }

  function show(hidden: boolean) {
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
    document.dispatchEvent(new Event('visibilitychange'));
  }

  it('is given back while the tab is hidden, and taken up again', async () => {
    vi.useFakeTimers();
    const { open, stream, api } = server();
    const states: LiveState[] = [];
    const live = new Live(
      api,
      () => {},
      (state) => states.push(state),
    );
    live.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(open.size).toBe(1);
    show(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(open.size).toBe(0);
    show(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(open.size).toBe(1);
    // Being live anew is when the page reads again what it missed.
    expect(states.filter((state) => state === 'live')).toHaveLength(2);
    expect(stream).toHaveBeenCalledTimes(2);
    live.stop();
    expect(open.size).toBe(0);
  });

  it('is made anew when it fell silent', async () => {
    vi.useFakeTimers();
    const { stream, api } = server();
    const live = new Live(
      api,
      () => {},
      () => {},
    );
    live.start();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stream.mock.calls.length).toBeGreaterThan(1);
    live.stop();
  });
});
