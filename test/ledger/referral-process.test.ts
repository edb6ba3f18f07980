import { afterAll, beforeAll, expect, test } from 'vitest';
import { invite, join, prompt } from '../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ programs: { 'codex-pilot': { opens_at: null, closes_at: null } } });
});
afterAll(() => own.close());

test('a friend is invited, joins, prompts, and both are rewarded', async () => {
  const { ledger } = own;
  await seedAccount(ledger, 'ann');
  const invited = await invite(ledger, 'ann', { program: 'codex-pilot' });
  expect(invited).toMatchObject({ status: 'invited', referrer_id: 'ann', prompts_required: 1 });
  await seedAccount(ledger, 'fay', { put: { created_at: later(START, { hours: 1 }) } });
  expect(await join(ledger, invited, 'fay', later(START, { hours: 1 }))).toMatchObject({
    status: 'joined',
    friend_id: 'fay',
  });
  expect(await prompt(ledger, 'fay', later(START, { hours: 2 }))).toMatchObject({ status: 'qualified' });
  expect(await ledger.rewardReferral(invited.id, later(START, { hours: 2 }))).toMatchObject({
    status: 'rewarded',
    rewards: [
      { recipient: 'referrer', account_id: 'ann', resets: 1, credits: '0' },
      { recipient: 'friend', account_id: 'fay', resets: 1 },
    ],
  });
});
