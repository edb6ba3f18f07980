import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { invite } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

test('asking for the reward of a referral that is not qualified waits for nobody who is at work on it', async () => {
  await seedAccount(own.ledger, 'ann', { put: { cohorts: ['codex-selective'] } });
  const { id } = await invite(own.ledger, 'ann');
  const other = new pg.Client({ connectionString: own.url });
  await other.connect();
  try {
    await other.query('BEGIN');
    await other.query('SELECT FROM boon.referrals WHERE id = $1 FOR UPDATE', [id]);
    const { status } = await own.ledger.rewardReferral(id, later(START, { days: 1 }));
    expect(status).toBe('invited');
  } finally {
    await other.end();
  }
}, 20_000);
