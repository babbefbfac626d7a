import type { Entry } from '@core/types';
import { Schema } from '@shared/schema';
import {
  answerOf,
  askedSections,
  effective,
  entryFields,
  isSheet,
  offered,
  questionsOf,
  templateOf,
  type Template,
} from '@shared/survey';
import { describe, expect, it } from 'vitest';
import { complaint, reference } from './fixtures/reference';

const text = (zh: string) => ({ zh, en: zh });
const yesNo = [
  { code: 'yes', text: text('方便') },
  { code: 'no', text: text('不方便') },
];

const template: Template = {
  code: 'call',
  version: 2,
  title: text('电话回访'),
  sections: [
    {
      code: 'begin',
      title: text('开始'),
      items: [{ code: 'convenient', text: text('现在方便吗'), kind: 'single', options: yesNo }],
    },
    {
      code: 'talk',
      title: text('内容'),
      when: [{ item: 'convenient', is: ['yes'] }],
      items: [
        { code: 'price', text: text('价格'), kind: 'scale', options: yesNo },
        {
          code: 'why',
          text: text('原因'),
          kind: 'text',
          when: [{ item: 'price', is: ['no'] }],
        },
        {
          code: 'grid',
          text: text('各项'),
          kind: 'matrix',
          rows: [
            { code: 'a', text: text('甲') },
            { code: 'b', text: text('乙') },
          ],
          options: yesNo,
        },
      ],
    },
  ],
};

function entry(item: string, more: Partial<Entry> = {}): Entry {
  return { id: `e-${item}`, by: null, at: '2026-01-01T00:00:00Z', removed: false, item, ...more };
}
const asked = (...answers: Entry[]) =>
  askedSections(template, effective(answers, [])).flatMap(({ items }) =>
    items.map(({ code }) => code),
  );

describe('a questionnaire', () => {
  it('asks what the answers so far lead to', () => {
    expect(asked()).toEqual(['convenient']);
    expect(asked(entry('convenient', { option: 'no' }))).toEqual(['convenient']);
    const yes = entry('convenient', { option: 'yes' });
    expect(asked(yes)).toEqual(['convenient', 'price', 'grid']);
    expect(asked(yes, entry('price', { option: 'no' }))).toEqual([
      'convenient',
      'price',
      'why',
      'grid',
    ]);
  });

  it('hides no answer that was given, whatever the branch says now', () => {
    const no = entry('convenient', { option: 'no' });
    expect(asked(no, entry('price', { option: 'yes' }))).toEqual(['convenient', 'price']);
  });

  it('counts the newest correction instead of the answer', () => {
    const answers = [entry('price', { option: 'yes' })];
    const corrections = [
      entry('price', { id: 'c2', option: 'no', at: '2026-03-01T00:00:00Z' }),
      entry('price', { id: 'c1', option: 'yes', at: '2026-02-01T00:00:00Z' }),
      entry('price', { id: 'c3', removed: true, at: '2026-04-01T00:00:00Z' }),
    ];
    expect(effective(answers, corrections).get('price')?.id).toBe('c2');
  });

  it('makes a question of each row of a matrix', () => {
    const grid = template.sections[1]!.items[2]!;
    expect(questionsOf(grid).map(({ code }) => code)).toEqual(['grid/a', 'grid/b']);
  });
});

describe('an answer', () => {
  it('is read from its entry and written back', () => {
    const answer = answerOf(entry('x', { option: 'a, b', score: '7.5', text: '' }));
    expect(answer).toEqual({ options: ['a', 'b'], score: '7.5', text: null, unanswered: false });
    expect(entryFields(answer!)).toEqual({
      option: 'a,b',
      score: '7.5',
      text: null,
      unanswered: null,
    });
    const empty = { options: [], score: null, text: null, unanswered: true };
    expect(answerOf(entry('x', { unanswered: true }))).toEqual(empty);
    expect(entryFields(empty)).toEqual({
      option: null,
      score: null,
      text: null,
      unanswered: true,
    });
    expect(answerOf(undefined)).toBeNull();
  });
});

describe('versions', () => {
  const schema = new Schema({
    ...reference,
    templates: [
      { ...template, version: 1 },
      template,
      { ...template, code: 'old', version: 1, retired: true },
    ],
  });

  it('offers the newest version of what is not retired, and finds the one a sheet names', () => {
    expect(offered(schema).map(({ code, version }) => [code, version])).toEqual([['call', 2]]);
    expect(templateOf(schema, 'call', '1')?.version).toBe(1);
    expect(templateOf(schema, 'old', 1)?.code).toBe('old');
    expect(templateOf(schema, 'call', 3)).toBeUndefined();
  });

  it('tells a kind of answer sheets by its shape', () => {
    const field = complaint.fields[0]!;
    const sheet = {
      ...complaint,
      fields: [
        { ...field, key: 'template' },
        { ...field, key: 'template_version' },
      ],
      collections: [{ ...complaint.collections[0]!, key: 'answers', unique: 'item' }],
    };
    expect(isSheet(sheet)).toBe(true);
    expect(isSheet(complaint)).toBe(false);
  });
});
