/** Signals and updates to a referral's process, in each state: twice, late, and untrue. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type {
  Referral,
  ReferralProgress,
  ReferralStanding,
} from '../../../src/contracts/referrals/referral.ts';
import { REFERRAL_STATUSES, type ReferralStatus } from '../../../src/domain/referral-status.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../../support/referral-rig.ts';
import { timeSkippingServer } from '../../support/temporal-server.ts';

let rig: GiftRig;
let referrals: ReferralRig;
beforeAll(async () => {
  rig = await giftRig(await timeSkippingServer(), { policy: OPEN_PROGRAMS });
  referrals = referralRig(rig);
});
afterAll(() => rig.close());

let ada: string;
let people = 0;
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await rig.seed(ada);
});

type Waiting = 'invited' | 'joined';
/** How the process has the referral after each word, by how it and the ledger had it before. */
const HEARS: Record<Waiting, Record<ReferralStatus, Waiting | 'qualified'>> = {
  // A newer word is taken over; what would end it is read in the ledger, where nothing has ended.
  invited: {
    invited: 'invited',
    joined: 'joined',
    qualified: 'qualified',
    rewarded: 'invited',
    refused: 'invited',
    expired: 'invited',
    canceled: 'invited',
  },
  // An older message changes nothing.
  joined: {
    invited: 'joined',
    joined: 'joined',
    qualified: 'qualified',
    rewarded: 'joined',
    refused: 'joined',
    expired: 'joined',
    canceled: 'joined',
  },
};

const statusOf = async (referral: Referral) =>
  (await referrals.handle(referral).query<ReferralProgress>('status')).status;

async function referralThatIs(status: Waiting): Promise<Referral> {
  const invited = await referrals.invite(ada);
  return status === 'invited' ? invited : await referrals.join(invited);
}

describe('a referral that is', () => {
  const rows = (Object.keys(HEARS) as Waiting[]).flatMap((status) =>
    REFERRAL_STATUSES.map((word) => [status, word, HEARS[status][word]] as const),
  );
  test.each(rows)(
    '%s and is signaled %s, twice, is %s, and goes on to its reward',
    async (status, word, outcome) => {
      const referral = await referralThatIs(status);
      const handle = referrals.handle(referral);
      for (let times = 0; times < 2; times += 1) {
        await handle.signal<[ReferralStanding]>('changed', { status: word });
        await expect.poll(() => statusOf(referral), { timeout: 30_000 }).toBe(outcome);
      }
      expect((await rig.ledger.findReferral(referral.id)).status).toBe(status);
      // Late words of before, and then what the ledger has.
      if (status === 'invited') await referrals.join(referral);
      await handle.signal<[ReferralStanding]>('changed', { status: 'invited' });
      await referrals.prompt(referral, 3);
      await referrals.until(referral, 'rewarded');
      await referrals.untilClosed(referral);
      expect(await handle.result()).toMatchObject({ status: 'rewarded' });
    },
  );
});

test('“prompted” before the friend has done enough claims nothing', async () => {
  const joined = await referralThatIs('joined');
  const handle = referrals.handle(joined);
  for (let times = 0; times < 2; times += 1) {
    await handle.signal<[ReferralStanding]>('prompted', { status: 'qualified' });
    await expect.poll(() => statusOf(joined), { timeout: 30_000 }).not.toBe('rewarded');
  }
  expect((await rig.ledger.findReferral(joined.id)).status).toBe('joined');
  await handle.executeUpdate('cancel', { args: [{ reason: 'enough' }] });
  expect(await handle.result()).toMatchObject({ status: 'canceled' });
});

test('a cancellation and a link, twice with one update id, are done once; another one is refused', async () => {
  const invited = await referralThatIs('invited');
  const handle = referrals.handle(invited);
  const friend = `friend-${invited.id}`;
  const at = await rig.now();
  await rig.ledger.putAccount(friend, { plan: 'free', created_at: at }, at);
  const used = { updateId: 'use', args: [{ account_id: friend }] as [object] };
  const first = await handle.executeUpdate('linkUsed', used);
  expect(first).toMatchObject({ status: 'joined', friend_id: friend });
  expect(await handle.executeUpdate('linkUsed', used)).toEqual(first);
  const other = { args: [{ account_id: ada }] as [object] };
  await expect(handle.executeUpdate('linkUsed', other)).rejects.toMatchObject({
    cause: { type: 'claim_invalid' },
  });
  expect(await statusOf(invited)).toBe('joined');
  await handle.executeUpdate('cancel', { args: [{ reason: 'enough' }] });
  expect(await handle.result()).toMatchObject({ status: 'canceled' });
  await expect(handle.executeUpdate('cancel', { args: [{ reason: 'again' }] })).rejects.toThrow();
  expect((await rig.ledger.findReferral(invited.id)).status).toBe('canceled');
});
