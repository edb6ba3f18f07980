/** Which resets are at their last moment: the lists that automatic redemption goes through. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bank, use } from '../../support/resets.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

/** Who has a reset that is due at `at`: all of them come in one list. */
async function dueAt(at: string): Promise<unknown[]> {
  const rows = await own.sql(
    `SELECT d.account_id FROM boon_code.resets_at_last_moment((SELECT max(version) FROM boon.policies), $1, '-infinity', 0, 100) d`,
    [at],
  );
  return rows.map(({ account_id }) => account_id);
}

test('a window that ends just then is over: nothing of it is to be had back', async () => {
  await seedAccount(own.ledger, 'ada', { put: { auto_redeem: true } });
  await bank(own.ledger, 'ada');
  const expiry = later(START, { days: 30 });
  const ends = later(expiry, { minutes: -5 });
  await use(own.ledger, 'ada', '1', later(ends, { days: -7 }));
  expect(await dueAt(later(ends, { ms: -1 }))).toEqual(['ada']);
  expect(await dueAt(ends)).toEqual([]);
});
