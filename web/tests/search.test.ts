import { api } from '@shared/app';
import type { SearchPage } from '@core/types';
import { flushPromises } from '@vue/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, ref } from 'vue';
import { parts } from '../apps/office/search/parts';
import { useSuggest } from '../apps/office/search/useSuggest';

describe('marked text', () => {
  const marked = (text: string, query: string) =>
    parts(text, query)
      .map((part) => (part.hit ? `[${part.text}]` : part.text))
      .join('');

  it('marks every word of the query, whatever its case', () => {
    expect(marked('变速箱漏油，又漏油', '漏油')).toBe('变速箱[漏油]，又[漏油]');
    expect(marked('QD3307A 漏油', 'qd3307a 漏油')).toBe('[QD3307A] [漏油]');
    expect(marked('abc', 'ab abc')).toBe('[abc]');
  });

  it('takes signs as they are and leaves the rest alone', () => {
    expect(marked('a.b(c', '.b(')).toBe('a[.b(]c');
    expect(marked('abc', '  ')).toBe('abc');
    expect(marked('', 'x')).toBe('');
  });
});

describe('what is found while typing', () => {
  const answer = (...kinds: string[]): SearchPage => ({
    items: kinds.map((kind, index) => ({
      id: `${kind}-${index}`,
      kind,
      number: null,
      temp_number: null,
      status: null,
      title: null,
      matched: 'text',
    })),
    total: kinds.length,
    more: false,
    kinds: {},
    next: null,
  });
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('asks once when typing rests, and groups by kind with the best first', async () => {
    const search = vi.spyOn(api, 'search').mockResolvedValue(answer('visit', 'complaint', 'visit'));
    const scope = effectScope();
    const text = ref('');
    const found = scope.run(() => useSuggest(text, ref(true)))!;
    for (const typed of ['漏', '漏油', ' 漏油 ']) {
      text.value = typed;
      await vi.advanceTimersByTimeAsync(50);
    }
    expect(search).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(400);
    await flushPromises();
    expect(search.mock.calls.map(([q]) => q)).toEqual(['漏油']);
    expect(found.groups.value.map(({ kind, hits }) => [kind, hits.length])).toEqual([
      ['visit', 2],
      ['complaint', 1],
    ]);
    expect(found.hits.value.map(({ id }) => id)).toEqual(['visit-0', 'visit-2', 'complaint-1']);
    scope.stop();
  });

  it('asks nothing while nobody looks', async () => {
    const search = vi.spyOn(api, 'search').mockResolvedValue(answer('visit'));
    const scope = effectScope();
    const [text, open] = [ref(''), ref(false)];
    scope.run(() => useSuggest(text, open));
    text.value = '漏油';
    await vi.advanceTimersByTimeAsync(400);
    expect(search).not.toHaveBeenCalled();
    open.value = true;
    await vi.advanceTimersByTimeAsync(400);
    expect(search).toHaveBeenCalledOnce();
    scope.stop();
  });

  it('shows nothing of an answer that comes after the box was emptied', async () => {
    let reply: (page: SearchPage) => void = () => {};
    vi.spyOn(api, 'search').mockReturnValue(new Promise((done) => (reply = done)));
    const scope = effectScope();
    const text = ref('');
    const found = scope.run(() => useSuggest(text, ref(true)))!;
    text.value = '漏油';
    await vi.advanceTimersByTimeAsync(400);
    text.value = '';
    await vi.advanceTimersByTimeAsync(1);
    reply(answer('visit'));
    await flushPromises();
    expect(found.page.value).toBeNull();
    scope.stop();
  });
});
