/** What a page lists is all that there is: compared with the source. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TEMPORAL_FAILURES } from '../../scripts/written-docs/errors-page.ts';
import { ERRORS } from '../../src/contracts/error-codes.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import { settings } from '../../src/settings.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const sources = (pattern: string) => globSync(pattern, { cwd: ROOT }).map(read).join('\n');

/** What stands in backticks in the first column of the page's tables. */
function firstColumn(page: string): string[][] {
  return [...read(`docs/${page}`).matchAll(/^\| (?<cell>.*?) \|/gm)].map(({ groups }) =>
    [...(groups?.cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

/** `a.b.c`, `.d` is a.b.c and a.b.d; `a.{b, c}` is a.b and a.c. */
function policyKeys(): Set<string> {
  const keys = firstColumn('policies.md').flatMap((names) => {
    let before = '';
    return names.flatMap((name) => {
      const full = name.startsWith('.') ? before.replace(/\.[^.]+$/, '') + name : name;
      before = full;
      const [, stem = '', ends] = /^(.*)\{(.*)\}$/.exec(full) ?? [];
      return ends === undefined ? [full] : ends.split(', ').map((end) => stem + end);
    });
  });
  return new Set(keys);
}

/** The paths of a policy's values, with placeholders where the operator chooses the names. */
function pathsOf(value: unknown, path = ''): string[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [path];
  const placeholder = { plans: '<plan>', packages: '<id>', programs: '<id>', rate_card: '<product>' }[path];
  return Object.entries(value).flatMap(([key, inner]) =>
    pathsOf(
      inner,
      [path, path === 'rate_card.<product>' ? '<model>' : (placeholder ?? key)].filter(Boolean).join('.'),
    ),
  );
}

test('docs/policies.md has every key of a policy, and no other', () => {
  const documented = policyKeys();
  const real = new Set(pathsOf(SHIPPED_POLICY));
  const covers = (key: string, path: string) => path === key || path.startsWith(`${key}.`);
  expect([...real].filter((path) => ![...documented].some((key) => covers(key, path)))).toEqual([]);
  const known = [...documented].filter((key) => /\./.test(key));
  expect(known.filter((key) => ![...real].some((path) => covers(key, path)))).toEqual([]);
});

test('docs/policies.md shows the values that are shipped', () => {
  const rows = [
    ...read('docs/policies.md').matchAll(/^\| `(?<key>[a-z_.]+)`(?:, [^|]*)? \| (?<shown>[^|]*) \|/gm),
  ];
  const wrong = rows.flatMap(({ groups }) => {
    const value = groups?.key
      ?.split('.')
      .reduce<unknown>((at, name) => at && (at as object)[name as never], SHIPPED_POLICY);
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
    return isPlain && !groups?.shown?.includes(String(value)) ? [`${groups?.key}: ${value}`] : [];
  });
  expect(rows.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

test('every variable that the source reads is a setting, and so on the page', () => {
  const named = sources('src/**/*.ts').match(/\b(?:BOON|STRIPE)_[A-Z]+(?:_[A-Z]+)*\b/g) ?? [];
  const known = new Set(settings().map(({ name }) => name));
  // Names of constants, and of types of payloads, which no environment has.
  const others = /^BOON_(?:STATUS|PROGRAM|CREDITS|ACCOUNT)$/;
  expect([...new Set(named)].filter((name) => !known.has(name) && !others.test(name))).toEqual([]);
});

test('settings of the tests are in CONTRIBUTING', () => {
  const named =
    sources('{test,scripts}/**/*.ts').match(/(?<=process\.env\.|NamedBy\(\w+, ')BOON_[A-Z_]+/g) ?? [];
  const known = new Set(settings().map(({ name }) => name));
  const page = read('CONTRIBUTING.md');
  expect([...new Set(named)].filter((name) => !known.has(name) && !page.includes(name))).toEqual([]);
});

test('every type with which activities and schedules fail is on docs/errors.md', () => {
  const code = sources('src/{activities,workflows}/**/*.ts');
  const types = [
    ...code.matchAll(/ApplicationFailure\.\w+\([^;]*?type: '([a-z_]+)'/g),
    ...code.matchAll(/ApplicationFailure\.nonRetryable\([^;]*?'([a-z_]+)',?\s*\)/g),
    ...code.matchAll(/['[:?] ?'((?:mail|mailbox)_[a-z_]+)'/g),
    ...code.matchAll(/DUTIES_FAILED = '([a-z_]+)'/g),
  ].map(([, type = '']) => type);
  const known = new Set([...Object.keys(ERRORS), ...Object.keys(TEMPORAL_FAILURES)]);
  expect(types.length).toBeGreaterThan(5);
  expect([...new Set(types)].filter((type) => !known.has(type) && type !== 'mail_off')).toEqual([]);
});

test('docs/renamed.md has every path and every command that keeps working under its old name', () => {
  const page = read('docs/renamed.md');
  const paths = [...read('src/http/route/aliases.ts').matchAll(/\['(\/v1\/[^']+)', '[^']+'\]/g)];
  const [list = ''] = /const EARLIER[^;]*;/.exec(read('src/cli/earlier-names.ts')) ?? [];
  const commands = [...list.matchAll(/\[\s*\[([^[\]]*)\],/g)];
  const names = commands.map(([, words = '']) => `boon ${words.replace(/[',]/g, '')}`);
  expect([paths.length, names.length].every((count) => count > 1)).toBe(true);
  expect([...paths.map(([, path = '']) => path), ...names].filter((name) => !page.includes(name))).toEqual(
    [],
  );
});

const EVENT_NOUNS =
  /^(?:gift|referral|reward_cap|credits|reset|windows|usage|purchase|refund|case|top_up|invoice|campaign|account)$/;

test('docs/events.md has every type of event that the ledger writes, and no other', () => {
  const documented = firstColumn('events.md')
    .flat()
    .filter((name) => name.includes('.'));
  const sql = sources('src/ledger/*/sql/*.sql');
  const whole = [...sql.matchAll(/'([a-z_]+)\.([a-z_]+)'(?! \|\|)/g)]
    .filter(([, noun = '']) => EVENT_NOUNS.test(noun))
    .map(([, noun, what]) => `${noun}.${what}`);
  const made = new Set([...whole, ...wordsBehind()]);
  expect([...made].filter((type) => !documented.includes(type))).toEqual([]);
  expect(documented.filter((type) => !made.has(type))).toEqual([]);
});

/** Types that are put together, as in `'purchase.' || p_kind`: by the words of the column that they come from. */
function wordsBehind(): string[] {
  const enumOf = (name: string) => {
    const migrations = sources('src/ledger/migrations/*.sql');
    const [, first = ''] =
      new RegExp(`CREATE TYPE boon\\.${name} AS ENUM \\(([^)]*)\\)`).exec(migrations) ?? [];
    const later = [...migrations.matchAll(new RegExp(`TYPE boon\\.${name} ADD VALUE '(\\w+)'`, 'g'))];
    return [...[...first.matchAll(/'(\w+)'/g)], ...later].map(([, word = '']) => word);
  };
  const behind: Record<string, string[]> = {
    purchase: enumOf('purchase_movement'),
    refund: enumOf('refund_movement'),
    invoice: enumOf('invoice_movement'),
    reset: ['given', 'released'],
    gift: ['canceled', 'rejected', 'expired'],
    referral: ['refused', 'expired', 'canceled'],
    case: ['opened', 'changed', 'closed'],
    campaign: ['paused', 'resumed', 'canceled', 'completed', 'ongoing'],
    account: ['active', 'frozen', 'closed'],
  };
  return Object.entries(behind).flatMap(([noun, words]) => words.map((word) => `${noun}.${word}`));
}
