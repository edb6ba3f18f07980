/** Rules of the ledger's SQL that stand in one place each. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { USE_LIMIT_REASONS } from '../../src/domain/usage-reasons.ts';

const LEDGER = join(import.meta.dirname, '../../src/ledger');
const texts = globSync(join(LEDGER, '*/sql/*.sql')).map((path) => ({
  name: basename(path, '.sql'),
  text: readFileSync(path, 'utf8').replaceAll(/--.*/g, ''),
}));
const thatHave = (what: RegExp) =>
  texts
    .filter(({ text }) => what.test(text))
    .map(({ name }) => name)
    .toSorted();
/** Gifts are written many at once, and each of them with all its slices. */
const notOfGifts = (names: readonly string[]) => names.filter((name) => !name.includes('gift'));

test('a transfer is posted by `post`, or by a statement that writes many at once', () => {
  expect(notOfGifts(thatHave(/INSERT INTO boon\.transfers\b/))).toEqual([
    'grant_credits_of',
    'post',
    'post_expiry',
    // Of late uses too: `take_back_let_go` only says what to write.
    'write_uses',
  ]);
});

test('a lot is made by `post_lot`, by what comes back, or by a statement that makes many at once', () => {
  expect(notOfGifts(thatHave(/INSERT INTO boon\.lots\b/))).toEqual([
    'grant_credits_of',
    'post_lot',
    'put_into_lot',
  ]);
});

test('an answer is recorded by `keep_answer`', () => {
  expect(notOfGifts(thatHave(/INSERT INTO boon\.idempotency_keys\b/))).toEqual(['keep_answer']);
});

test('why credits do not pay a use is judged in one place', () => {
  for (const reason of USE_LIMIT_REASONS)
    expect({ reason, judged: thatHave(new RegExp(`THEN '${reason}'`)) }).toEqual({
      reason,
      judged: ['why_not_credits'],
    });
});

test('how long a window is stands in one place', () => {
  expect(thatHave(/'(5 hours|168 hours)'/)).toEqual(['window_length']);
});
