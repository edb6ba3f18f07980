/** A call that waits while others that were made after it get through: its moment is before theirs, and everything holds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { holding, untilWaiting } from '../support/held-lock.ts';
import { invite, join, newFriend, prompt } from '../support/referrals.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger();
  ledger = own.ledger;
});
afterAll(() => own.close());

/** Makes a call that waits for a row, and lets it go on after what comes meanwhile. */
async function delayed<T>(
  row: [string, unknown[]],
  call: () => Promise<T>,
  meanwhile: () => Promise<unknown>,
) {
  let answer: Promise<T> | undefined;
  await holding(own, row, async () => {
    answer = call();
    await untilWaiting(own, 1);
    await meanwhile();
  });
  return (await answer) as T;
}

describe('nobody qualifies before the prompts for which they do', () => {
  const HOUR_LATER = later(START, { hours: 1 });
  /** As soon as a prompt of then can have been told. */
  const SOONEST = later(HOUR_LATER, { minutes: -5 });
  let people = 0;
  async function invited(): Promise<[{ id: string }, string]> {
    people += 1;
    const [referrer, friend] = [`referrer-${people}`, `friend-${people}`];
    await seedAccount(ledger, referrer, { put: { cohorts: ['codex-selective'] } });
    await newFriend(ledger, friend, START);
    return [await invite(ledger, referrer), friend];
  }

  test('by a link that waits while the prompts come', async () => {
    const [referral, friend] = await invited();
    const joined = await delayed(
      ['SELECT FROM boon.ledger_accounts WHERE id = $1 FOR UPDATE', [friend]],
      () => join(ledger, referral, friend, START),
      async () => {
        for (let n = 0; n < 3; n++) await prompt(ledger, friend, HOUR_LATER, { told_at: HOUR_LATER });
      },
    );
    expect(joined).toMatchObject({ status: 'qualified', joined_at: START, qualified_at: SOONEST });
    await expectVerified(ledger);
    expect(await ledger.rewardReferral(referral.id, START)).toMatchObject({ rewarded_at: SOONEST });
    await expectVerified(ledger);
  });

  test('by the last of the prompts, whose call comes after those of later ones', async () => {
    const [referral, friend] = await invited();
    await join(ledger, referral, friend, START);
    for (let n = 0; n < 2; n++) await prompt(ledger, friend, HOUR_LATER, { told_at: HOUR_LATER });
    const last = await prompt(ledger, friend, START, { told_at: START });
    expect(last).toMatchObject({ status: 'qualified', qualified_at: SOONEST });
    await expectVerified(ledger);
  });
});
