/**
 * What a worker did and could not tell, for it died, is done again by another under the same key: the ledger answers from
 * its record, and the process must hear how things stand by then.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ledgerActivities } from '../../src/activities/gifts/ledger.ts';
import { referralActivities } from '../../src/activities/referrals/referral.ts';
import { actOn, dormantFriend, invite } from '../support/referrals.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

const PROGRAM = 'codex-selective';
const SOON = later(START, { hours: 1 });
const WHY = { reason: 'because', by: 'mia' };

let own: TestLedger;
let ada: string;
let people = 0;
beforeAll(async () => {
  own = await openTestLedger({ programs: { [PROGRAM]: { cohort: null } } });
});
afterAll(() => own.close());
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(own.ledger, ada, { credits: '100' });
});

test('an acceptance that is repeated returns the present state of the gift', async () => {
  const { acceptGift } = ledgerActivities(own.ledger);
  await seedAccount(own.ledger, `${ada}-friend`);
  const request = {
    key: newKey('accept'),
    id: newGiftId(),
    at: START,
    from: ada,
    to: `${ada}-friend`,
    amount: '5',
  };
  expect(await acceptGift(request)).toMatchObject({ status: 'pending' });
  for (const [action, status] of [
    ['hold', 'held'],
    ['release', 'pending'],
    ['cancel', 'canceled'],
  ] as const) {
    await own.ledger.actOnGift({ ...WHY, key: newKey(action), at: SOON, gift_id: request.id, action });
    const found = await own.ledger.findGift(request.id);
    expect(found).toMatchObject({ status });
    expect(await acceptGift({ ...request, at: SOON })).toEqual(found);
  }
});

test('a link that is used again under its key returns the present state of the referral', async () => {
  const { useLink } = referralActivities(own.ledger);
  const referral = await invite(own.ledger, ada);
  await dormantFriend(own.ledger, `${ada}-friend`, '2025-01-01T00:00:00.000Z');
  const request = { key: newKey('link'), at: START, referral_id: referral.id, account_id: `${ada}-friend` };
  expect(await useLink(request)).toMatchObject({ status: 'joined' });
  await actOn(own.ledger, referral, 'cancel', SOON, WHY);
  expect(await useLink({ ...request, at: SOON })).toMatchObject({ status: 'canceled' });
});

test('a cancellation that is repeated returns the present state of the referral', async () => {
  const { cancelReferral, readReferral } = referralActivities(own.ledger);
  const referral = await invite(own.ledger, ada);
  const request = {
    ...WHY,
    key: newKey('cancel'),
    at: START,
    referral_id: referral.id,
    action: 'cancel',
  } as const;
  const first = await cancelReferral(request);
  expect(first).toMatchObject({ status: 'canceled' });
  expect(await cancelReferral({ ...request, at: SOON })).toEqual(await own.ledger.findReferral(referral.id));
  expect(await readReferral(referral.id)).toMatchObject({ status: 'canceled' });
});

test('a raise that is repeated returns the present state of the month, and of a month that is over as it was answered', async () => {
  const { raiseCap } = referralActivities(own.ledger);
  const { month, ends_at } = await own.ledger.rewardWindow(ada, PROGRAM, START);
  const raise = { ...WHY, key: newKey('raise'), at: START, account_id: ada, month, program: PROGRAM };
  const first = await raiseCap({ ...raise, cap: 4 });
  expect(first).toMatchObject({ month, cap: 4 });
  await raiseCap({ ...raise, key: newKey('raise'), cap: 6 });
  expect(await raiseCap({ ...raise, at: SOON, cap: 4 })).toMatchObject({ month, cap: 6 });
  // By now another month runs, of which the process of this one must hear nothing.
  expect(await raiseCap({ ...raise, at: ends_at, cap: 4 })).toEqual(first);
});
