import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { boonCommand } from '../support/command-line.ts';

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'boon-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test.each([
  [['nonsense'], "unknown command 'nonsense'"],
  [['giift'], 'Did you mean gift?'],
  [['gift', 'sned'], 'Did you mean send?'],
  [['gift', 'send', '4', '--form', 'ada'], 'Did you mean --from?'],
  [['gift'], 'Commands:'],
  [['list', 'gifts'], 'did you mean `boon gift list`?'],
  [['gift', 'send', '4'], "required option '--from <account>' not specified"],
  [['gift', 'send', '4', '--from', 'ada'], 'one of --to and --email is needed'],
  [['gift', 'send', '4', '--from', 'ada', '--to', 'b', '--email', 'c@d.e'], 'cannot be used with'],
  [['gift', 'send', '1e3', '--from', 'ada', '--to', 'b'], 'credits above zero'],
  [['gift', 'list', 'ada', '--status', 'lost'], 'Allowed choices are'],
  [['gift', 'hold', 'gft_1'], "required option '--reason <text>' not specified"],
  [['account', 'put', 'ada', '--plan', 'gold'], 'Allowed choices are'],
  [['account', 'balance', 'ada', '--as-of', 'yesterday'], 'a time such as'],
  [['key', 'rotate', 'key_1', '--grace', '-1'], 'a whole number of at least 0'],
])('a mistake in use ends with exit code 2: boon %j', async (args, complaint) => {
  const mistaken = await boonCommand(args);
  expect(mistaken).toMatchObject({ code: 2, out: '' });
  expect(mistaken.err).toContain(complaint);
});

test('without a local start and without BOON_URL it is said how to get either', async () => {
  const { code, err } = await boonCommand(['gift', 'list', 'ada'], { BOON_DATA_DIR: scratch() });
  expect(code).toBe(3);
  expect(err).toMatch(/^No Boon runs on \S+: start one with `npm start`, or set BOON_URL and BOON_API_KEY/);
});

test('a policy file is checked: what it changes, or the path of each fault', async () => {
  const file = join(scratch(), 'policy.json');
  writeFileSync(file, '{"gifts":{"settlement":"PT1H","limits":{"per_day":{"count":2}}}}');
  const good = await boonCommand(['policy', 'check', file]);
  expect(good.code).toBe(0);
  expect(good.out).toContain('gifts.settlement: "PT1H" (shipped: "PT24H")');
  expect(good.out).toContain('gifts.limits.per_day.count: 2 (shipped: 10)');

  writeFileSync(file, '{"gifts":{"settlement":"soon","min":0}}');
  const bad = await boonCommand(['policy', 'check', file]);
  expect(bad.code).toBe(1);
  expect(bad.err).toContain('gifts.settlement: must be an ISO 8601 duration');
  expect(bad.err).toContain('gifts.min: must be a decimal string');
  writeFileSync(file, '{');
  expect((await boonCommand(['policy', 'check', file])).err).toContain('is not JSON');
  expect((await boonCommand(['policy', 'check', `${file}.none`])).err).toContain('cannot be read');
});
