import { eventParser } from '@core/live';
import { describe, expect, it } from 'vitest';

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
