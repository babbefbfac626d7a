import { LOCAL_CODES } from '@core/error';
import en from '@shared/i18n/en.json';
import zhCN from '@shared/i18n/zh-CN.json';
import { AREAS } from '@shared/schema';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const web = resolve(import.meta.dirname, '..');

/** Keys made from a value: the template and every value it is made with. */
const FAMILIES: Record<string, string[]> = {
  'live.${liveState.value}': ['live.connecting', 'live.live', 'live.offline'],
  'live.${liveState.value}_hint': ['live.connecting_hint', 'live.live_hint', 'live.offline_hint'],
  'role.${user.role}': ['role.engineer', 'role.office', 'role.admin'],
  'role.${person.role}': ['role.engineer', 'role.office', 'role.admin'],
  'file.${key}': ['name', 'caption', 'taken_at', 'size', 'mime', 'sha256'].map(
    (key) => `file.${key}`,
  ),
};

/** Families whose words the server sends; tests of their own walk them. */
const OPEN_FAMILIES = /^(area|check|choice|error|flag|setting|settings|suggest|unit)\./;

/** Codes of the REST contract that are not in the domain's own list. */
const HTTP_CODES = [
  'bad_credentials',
  'token_expired',
  'token_invalid',
  'device_revoked',
  'user_disabled',
  'throttled',
  'forbidden',
  'conflict',
  'epoch_changed',
  'cursor_too_old',
  'upgrade_required',
  'malformed_batch',
  'doc_purged',
  'rate_limited',
  'missing_deps',
  'actor_seq_conflict',
  'actor_seq_gap',
];

function flatten(tree: object, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : flatten(value as object, `${prefix}${key}.`),
  );
}

function sources(): string {
  return ['apps', 'shared', 'core']
    .flatMap((folder) =>
      readdirSync(join(web, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(web, folder, file),
      ),
    )
    .filter((file) => /\.(ts|vue)$/.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
}

describe('texts', () => {
  const zhKeys = flatten(zhCN);
  const code = sources();
  const called = [...code.matchAll(/\bt\(\s*['`]([^'`]+)['`]/g)].map((match) => match[1]!);
  // Keys listed as data, to be translated where they are shown.
  const listed = [...code.matchAll(/text: '([a-z]+\.[a-z_]+)'/g)].map((match) => match[1]!);

  it('has the same keys in both languages', () => {
    expect(flatten(en)).toEqual(zhKeys);
  });

  it('has a text for every key used, and no dynamic key that this test does not know', () => {
    expect(called.length).toBeGreaterThan(80);
    const used = [...called, ...listed].flatMap((key) => FAMILIES[key] ?? [key]);
    expect(used.filter((key) => !zhKeys.includes(key))).toEqual([]);
  });

  it('keeps no text that nothing uses', () => {
    const used = new Set([...called, ...listed].flatMap((key) => FAMILIES[key] ?? [key]));
    const conditional = [...code.matchAll(/'([a-z]+\.[a-z_]+)'/g)].map((match) => match[1]!);
    const open = zhKeys.filter((key) => !OPEN_FAMILIES.test(key));
    expect(open.filter((key) => !used.has(key) && !conditional.includes(key))).toEqual([]);
  });

  it('has a text for every error code of server and core', () => {
    const domain = readFileSync(join(web, '../client-core/domain/src/error.rs'), 'utf8');
    const codes = [...domain.matchAll(/^\s*[A-Z]\w+ = "([a-z_]+)",$/gm)].map((match) => match[1]!);
    const server = readFileSync(join(web, '../server/src/error.rs'), 'utf8');
    codes.push(...[...server.matchAll(/StatusCode::\w+, "([a-z_]+)"/g)].map((match) => match[1]!));
    expect(codes.length).toBeGreaterThan(40);
    const missing = [...codes, ...HTTP_CODES, ...LOCAL_CODES].filter(
      (each) => !zhKeys.includes(`error.${each}`),
    );
    expect(missing).toEqual([]);
  });

  it('has a text for every word that the domain sends', () => {
    const domain = (file: string) =>
      readFileSync(join(web, '../client-core/domain/src', file), 'utf8');
    const checks = [...domain('lifecycle/check.rs').matchAll(/Self::\w+ => "(\w+)"/g)];
    const flags = [...domain('authz/decide.rs').matchAll(/Self::(?:Late|AfterClose) => "(\w+)"/g)];
    const areas = /pub enum Area \{([^}]*)\}/.exec(domain('schema/mod.rs'))![1]!;
    const named = [...areas.matchAll(/^ +([A-Z]\w+),/gm)].map((match) => match[1]!.toLowerCase());
    expect(named).toEqual([...AREAS]);
    const noticed = readFileSync(join(web, '../server/src/records/suggest.rs'), 'utf8');
    const suggested = [
      ...noticed.matchAll(/\bcode(?:: | = )"([a-z_]+)"|"(duplicate_[a-z]+)"/g),
    ].map((match) => match[1] ?? match[2]!);
    const words = [
      ...checks.map((match) => `check.${match[1]}`),
      ...flags.map((match) => `flag.${match[1]}`),
      ...named.map((area) => `area.${area}`),
      ...suggested.map((code) => `suggest.${code}`),
    ];
    expect(suggested.length).toBeGreaterThan(6);
    expect(words.length).toBeGreaterThan(15);
    expect(words.filter((word) => !zhKeys.includes(word))).toEqual([]);
  });

  it('uses the same parameters in both languages', () => {
    const parameters = (tree: object) =>
      flatten(tree).map((key) => {
        const text = key.split('.').reduce<unknown>((at, part) => (at as never)[part], tree);
        return [key, [...String(text).matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()];
      });
    expect(parameters(en)).toEqual(parameters(zhCN));
  });
});
