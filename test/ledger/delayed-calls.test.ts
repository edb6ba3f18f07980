/** A call that waits while others that were made after it get through: its moment is before theirs, and everything holds. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createCampaign } from '../support/campaigns.ts';
import { holding, untilWaiting } from '../support/held-lock.ts';
import { invite, join, newFriend, prompt } from '../support/referrals.ts';
import { bank, redeem, sweep, use } from '../support/resets.ts';
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

describe('a reset of everybody’s windows that waits', () => {
  /** When a reset expires that was banked at START. */
  const EXPIRY = later(START, { days: 30 });
  const at = (by: Parameters<typeof later>[1]) => later(EXPIRY, by);
  /** What came of each reset, and when it was to be had. */
  const resets = (account: string) =>
    own.sql(
      'SELECT source::text, status::text, granted_at, redeemed_at FROM boon.resets WHERE account_id = $1 ORDER BY id',
      [account],
    );

  test.each<[string, string, (account: string) => Promise<unknown>]>([
    ['the last moment of a reset', at({ ms: -1 }), () => sweep(ledger, EXPIRY)],
    ['a redemption by hand', at({ minutes: -1 }), (ada) => redeem(ledger, ada, { at: at({ minutes: -1 }) })],
  ])('comes after %s that got through meanwhile, whose reset comes back', async (_what, moment, redeems) => {
    const ada = `ada-${Date.parse(moment)}`;
    await seedAccount(ledger, ada, { put: { auto_redeem: true, cohorts: [ada] } });
    await bank(ledger, ada);
    await use(ledger, ada, '3', at({ hours: -1 }));
    const { id } = await createCampaign(ledger, {
      kind: 'reset_windows',
      filter: { cohorts: [ada] },
      at: at({ hours: -1 }),
    });
    const page = await delayed(
      ['SELECT FROM boon.campaigns WHERE id = $1 FOR UPDATE', [id]],
      () => ledger.runCampaignPage(id, 100, at({ minutes: -30 })),
      async () => {
        await redeems(ada);
        await use(ledger, ada, '1', at({ minutes: 1 }));
      },
    );
    expect(page).toMatchObject({ granted: 1 });
    const when = new Date(moment);
    expect(await resets(ada)).toEqual([
      { source: 'grant', status: 'redeemed', granted_at: new Date(START), redeemed_at: when },
      { source: 'return', status: 'available', granted_at: when, redeemed_at: null },
    ]);
    const restored = `SELECT effective_at FROM boon.events WHERE type = 'windows.restored' AND accounts = ARRAY[$1]`;
    expect(await own.sql(restored, [ada])).toEqual([{ effective_at: when }]);
    await expectVerified(ledger);
  });
});
