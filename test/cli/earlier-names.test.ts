import { expect, test } from 'vitest';
import { todaysWords } from '../../src/cli/earlier-names.ts';
import { boonCommand } from '../support/command-line.ts';

test.each([
  ['keys list', 'key list'],
  ['resets grant ada', 'reset grant ada'],
  ['redeem ada --preview', 'reset redeem ada --preview'],
  ['--json redeem ada', '--json reset redeem ada'],
  ['invite a@example.com --from ada', 'referral create a@example.com --from ada'],
  ['referrals list ada', 'referral list ada'],
  ['report codex-pilot', 'program report codex-pilot'],
  ['invoices show inv_1', 'invoice show inv_1'],
  ['purchase packages', 'package list'],
  ['purchase refund pur_1 --reason x', 'refund create pur_1 --reason x'],
  ['purchase cases --status open', 'case list --status open'],
  ['purchase cases show cas_1', 'case show cas_1'],
  ['purchase cases close cas_1', 'case close cas_1'],
  ['grant ada 5 --reason x', 'grant create ada 5 --reason x'],
  ['grant --reason x ada 5', 'grant create --reason x ada 5'],
  ['help redeem', 'help reset redeem'],
])('boon %s is boon %s', (earlier, today) => {
  expect(todaysWords(earlier.split(' '))).toEqual(today.split(' '));
});

test.each([
  'gift send 5',
  'grant create ada 5',
  'grant --help',
  'grant lsit',
  'purchase show pur_1',
  'account list',
  '--help',
])('boon %s stays as it is', (words) => {
  expect(todaysWords(words.split(' '))).toEqual(words.split(' '));
});

test('help on an earlier name is help on today’s', async () => {
  expect((await boonCommand(['redeem', '--help'])).out).toBe(
    (await boonCommand(['reset', 'redeem', '--help'])).out,
  );
});
