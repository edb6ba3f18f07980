import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { act, give, grant } from '../../support/gifts.ts';
import { bought, CONSENT, hear, newPurchaseId } from '../../support/purchases.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

/** What an account takes here in total, instead of four billion times as much. */
const MOST = '1000';

let own: TestLedger;
let people = 0;
let referrer = '';
let friend = '';

beforeAll(async () => {
  const base = { ...SHIPPED_POLICY.programs['codex-selective'], cohort: null, prompts: 1, monthly_cap: 1 };
  const program = (mine: object | null, theirs: object | null, more: object = {}) => ({
    ...base,
    ...more,
    rewards: { referrer: mine, friend: theirs },
  });
  const credits = { resets: 0, credits: '10' };
  const both = { resets: 1, credits: '10' };
  own = await openTestLedger({
    programs: {
      credits: program(credits, credits),
      both: program(both, both),
      friends: program(null, credits),
      defers: program(credits, both, { over_cap: 'defer' }),
    },
  } as object);
  await own.sql(
    'CREATE OR REPLACE FUNCTION boon_code.most_credits() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 1000000000',
  );
});
afterAll(() => own.close());
beforeEach(async () => {
  people += 1;
  referrer = `referrer-${people}`;
  friend = `friend-${people}`;
  await seedAccount(own.ledger, referrer);
});

async function qualified(program: string, at = START): Promise<Referral> {
  const referral = await invite(own.ledger, referrer, { program, at });
  await newFriend(own.ledger, friend, at);
  await join(own.ledger, referral, friend, at);
  await prompt(own.ledger, friend, at);
  return own.ledger.findReferral(referral.id);
}
const fill = (id: string, amount: string) => grant(own.ledger, id, amount);
const reward = ({ id }: Referral, at = START) => own.ledger.rewardReferral(id, at);
const available = async (id: string, at = START) => (await own.ledger.balance(id, at)).available;
const resets = async (id: string) => (await own.ledger.limits(id, START)).resets_available;

describe('a reward of credits', () => {
  test.each([
    ['just fits', '990', 'rewarded', '1000'],
    ['is a millionth too much', '990.000001', 'refused', '990.000001'],
  ])('to a referrer for whose account it %s', async (_how, has, status, then) => {
    const referral = await qualified('credits');
    await fill(referrer, has);
    const ended = await reward(referral);
    expect(ended).toMatchObject(
      status === 'refused'
        ? { status, reason_code: 'account_full', detail: expect.stringContaining('referrer') }
        : { status, reason_code: null, detail: null },
    );
    expect(await available(referrer)).toBe(then);
    // The friend gets theirs all the same, and no place of the month is taken for nothing.
    expect(await available(friend)).toBe('10');
    const window = await own.ledger.rewardWindow(referrer, 'credits', START);
    expect(window.claimed).toEqual(status === 'refused' ? [] : [referral.id]);
    expect(await reward(referral)).toEqual(ended);
  });

  test('to a friend whose account is full is left out, and the referrer gets theirs', async () => {
    const referral = await qualified('credits');
    await fill(friend, MOST);
    expect(await reward(referral)).toMatchObject({
      status: 'rewarded',
      reason_code: 'account_full',
      detail: "The friend's account has no room for 10 credits, which were left out.",
      rewards: [{ recipient: 'referrer', credits: '10' }],
    });
    expect([await available(referrer), await available(friend)]).toEqual(['10', MOST]);
    const back = await actOn(own.ledger, referral, 'claw_back', START, { reason: 'fraud', by: 'olga' });
    expect(back).toMatchObject({ status: 'refused', reason_code: 'clawed_back' });
    expect([await available(referrer), await available(friend)]).toEqual(['0', MOST]);
    await expectVerified(own.ledger);
  });

  test('that comes with resets leaves the resets where its credits have no room', async () => {
    const referral = await qualified('both');
    await fill(friend, MOST);
    await fill(referrer, MOST);
    expect(await reward(referral)).toMatchObject({
      status: 'rewarded',
      reason_code: 'account_full',
      rewards: [
        { recipient: 'referrer', resets: 1, credits: '0' },
        { recipient: 'friend', resets: 1, credits: '0' },
      ],
    });
    expect([await resets(referrer), await resets(friend)]).toEqual([1, 1]);
  });

  test('to the friend alone is refused where their account is full', async () => {
    const referral = await qualified('friends');
    await fill(friend, MOST);
    expect(await reward(referral)).toMatchObject({
      status: 'refused',
      reason_code: 'account_full',
      rewards: [],
    });
    await expect(
      actOn(own.ledger, referral, 'claw_back', START, { reason: 'fraud', by: 'olga' }),
    ).rejects.toMatchObject({ code: 'not_rewarded' });
  });

  test('that was put off to the next month, when its account is full, is gone, and keeps no other waiting', async () => {
    await reward(await qualified('defers'));
    friend = `${friend}-second`;
    const second = await qualified('defers');
    expect(await reward(second)).toMatchObject({ status: 'qualified', reason_code: 'reward_cap_reached' });
    await fill(referrer, '990');
    const due = '2026-04-01T00:00:00.000Z';
    expect(await own.ledger.dueRewards(due, 100)).toContain(second.id);
    expect(await reward(second, due)).toMatchObject({
      status: 'refused',
      reason_code: 'account_full',
      rewards: [{ recipient: 'friend', resets: 1, credits: '10' }],
    });
    expect(await own.ledger.dueRewards(due, 100)).not.toContain(second.id);
  });

  test('that is left out for lack of room though there is room is seen', async () => {
    const referral = await qualified('credits');
    await fill(friend, MOST);
    await reward(referral);
    await own.sql(
      'CREATE OR REPLACE FUNCTION boon_code.most_credits() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 2000000000',
    );
    const { violations } = await own.ledger.verify();
    await own.sql(
      'CREATE OR REPLACE FUNCTION boon_code.most_credits() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN 1000000000',
    );
    const found = violations.filter(({ invariant }) => invariant.includes('no room'));
    expect(found.map(({ detail }) => detail)).toContain(`referral ${referral.id}, the friend: 10 credits`);
  });
});

test('no top-up is charged whose credits a full account has no room for; one under way is credited', async () => {
  await bought(own.ledger, referrer, 'credits-100', { save_card: true });
  await own.ledger.putTopUp(referrer, { ...CONSENT, below: '1000' }, `user:${referrer}`, START);
  const begin = () => own.ledger.beginTopUp(referrer, newPurchaseId(), START);
  await fill(referrer, '800');
  const last = await begin();
  expect(last).toMatchObject({ kind: 'top_up' });
  await fill(referrer, '99');
  const paid = { said: 'paid', payment_id: `pi_${last?.id}` } as const;
  expect(await hear(own.ledger, { id: String(last?.id) }, paid)).toMatchObject({ status: 'paid' });
  expect(await available(referrer)).toBe('1099');
  await charge(own.ledger, referrer, { units: '500' });
  expect(await begin()).toBeUndefined();
  expect(await own.ledger.topUp(referrer, START)).toMatchObject({ blocked_by: 'account_full' });
  // It is told once.
  expect(await own.ledger.dueTopUps(START, 1000)).not.toContain(referrer);
});

test('what comes back to a full account is there again, and moves on', async () => {
  await fill(referrer, MOST);
  await seedAccount(own.ledger, friend, { credits: '100' });
  const out = await give(own.ledger, referrer, friend, { amount: '40' });
  expect(await act(own.ledger, out, 'cancel', START)).toMatchObject({ status: 'canceled' });
  const settled = await give(own.ledger, referrer, friend, { amount: '40' });
  const due = later(START, { hours: 24 });
  await own.ledger.advanceGift(settled.id, due);
  expect(await act(own.ledger, settled, 'reverse', due)).toMatchObject({ reversal: { recovered: '40' } });
  // A small gift to it settles, for what was accepted is not refused.
  await seedAccount(own.ledger, `${friend}-other`, { credits: '100' });
  const small = await give(own.ledger, `${friend}-other`, referrer, { amount: '40' });
  await own.ledger.advanceGift(small.id, due);
  expect(await available(referrer, due)).toBe('1040');
});
