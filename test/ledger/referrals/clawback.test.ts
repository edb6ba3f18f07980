import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { refusal } from '../../support/gifts.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { use } from '../../support/resets.ts';
import {
  expectVerified,
  later,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

let own: TestLedger;
let people = 0;
let referrer = '';
let friend = '';

beforeAll(async () => {
  const rewards = { referrer: { resets: 2, credits: '10' }, friend: { resets: 1, credits: '0' } };
  const program = { ...SHIPPED_POLICY.programs['codex-selective'], prompts: 1, rewards };
  own = await openTestLedger({
    programs: {
      'codex-selective': program,
      forfeits: { ...program, monthly_cap: 1 },
      defers: { ...program, monthly_cap: 1, over_cap: 'defer' },
      brief: { ...program, credits_valid_for: 'P1D' },
    },
  } as object);
});
afterAll(() => own.close());

async function newReferrer(): Promise<void> {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { cohorts: ['codex-selective'] } });
}

async function qualified(program = 'codex-selective'): Promise<Referral> {
  if (program === 'codex-selective') await newReferrer();
  people += 1;
  friend = `friend-${people}`;
  await newFriend(own.ledger, friend, START);
  const referral = await invite(own.ledger, referrer, { program });
  await join(own.ledger, referral, friend, START);
  await prompt(own.ledger, friend, START);
  return own.ledger.findReferral(referral.id);
}
const rewarded = async () => own.ledger.rewardReferral((await qualified()).id, START);
const clawBack = (referral: Referral, at: string) =>
  actOn(own.ledger, referral, 'claw_back', at, { reason: 'stolen card', by: 'olga' });

describe('a reward that is clawed back', () => {
  test('pays for no late use of before its credits expired', async () => {
    await newReferrer();
    const given = await own.ledger.rewardReferral((await qualified('brief')).id, START);
    const noon = later(START, { hours: 12 });
    await use(own.ledger, referrer, '25', noon);
    await own.ledger.expireLots(later(START, { days: 1 }), 100);
    const now = later(noon, { days: 1 });
    expect((await clawBack(given, now)).detail).toContain('0 of 10 credits');
    await expect(
      charge(own.ledger, referrer, { units: '5', at: later(noon, { minutes: 1 }), now }),
    ).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
    await expectVerified(own.ledger);
  });

  test('takes back what is left of it, from both, and says so', async () => {
    const referral = await rewarded();
    expect(await own.ledger.limits(referrer, START)).toMatchObject({ resets_available: 2 });
    const back = await clawBack(referral, later(START, { days: 3 }));
    expect(back).toMatchObject({
      status: 'refused',
      reason_code: 'clawed_back',
      reason: 'stolen card',
      detail:
        'Taken back what was left. From the referrer: 2 of 2 resets and 10 of 10 credits. From the friend: 1 of 1 resets and 0 of 0 credits.',
      rewards: [
        { recipient: 'referrer', resets: 2, credits: '10', taken_back: { resets: 2, credits: '10' } },
        { recipient: 'friend', resets: 1, credits: '0', taken_back: { resets: 1, credits: '0' } },
      ],
    });
    expect(await own.ledger.limits(referrer, START)).toMatchObject({ resets_available: 0 });
    expect(await own.ledger.balance(referrer, later(START, { days: 3 }))).toMatchObject({
      available: '0',
      lots: [],
    });
    expect((await own.ledger.statement(referrer, { limit: 5 })).data).toMatchObject([
      { kind: 'clawed_back', amount: '-10', balance_after: '0', reference: referral.id },
      { kind: 'grant', amount: '10', balance_after: '10', reference: referral.id },
    ]);
  });

  test('leaves what was used, and says what that is', async () => {
    const referral = await rewarded();
    await use(own.ledger, referrer, '1');
    await own.ledger.redeemReset({ account_id: referrer, request_id: 'now', at: START });
    const back = await clawBack(referral, later(START, { days: 1 }));
    expect(back.rewards[0]).toMatchObject({ resets: 2, taken_back: { resets: 1, credits: '10' } });
    expect(back.detail).toContain('From the referrer: 1 of 2 resets');
  });

  test('keeps its place in the month', async () => {
    const referral = await rewarded();
    await clawBack(referral, later(START, { days: 1 }));
    expect((await own.ledger.rewardWindow(referrer, 'codex-selective', START)).claimed).toEqual([
      referral.id,
    ]);
  });

  test('is taken back once, and the same key answers the same', async () => {
    const referral = await rewarded();
    const request = {
      key: newKey('claw'),
      referral_id: referral.id,
      action: 'claw_back' as const,
      at: START,
      reason: 'fraud',
    };
    const first = await own.ledger.actOnReferral(request);
    expect(await own.ledger.actOnReferral(request)).toEqual({ ...first, replayed: true });
    await expect(clawBack(referral, START)).rejects.toMatchObject(refusal('not_rewarded'));
  });

  test('can be taken back for 30 days, to the millisecond', async () => {
    const end = later(START, { days: 30 });
    await expect(clawBack(await rewarded(), end)).rejects.toMatchObject(refusal('clawback_too_late'));
    expect(await clawBack(await rewarded(), later(end, { ms: -1 }))).toMatchObject({
      reason_code: 'clawed_back',
    });
  });
});

describe('what the friend was given while the referrer’s month was full', () => {
  /** The second of one referrer in a month of one place. */
  async function overTheCap(program: string): Promise<Referral> {
    await newReferrer();
    await own.ledger.rewardReferral((await qualified(program)).id, START);
    return await own.ledger.rewardReferral((await qualified(program)).id, START);
  }

  test.each([
    ['forfeits', 'refused'],
    ['defers', 'qualified'],
  ])('is taken back where the program %s', async (program, status) => {
    const over = await overTheCap(program);
    expect(over).toMatchObject({ status, reason_code: 'reward_cap_reached', rewards: [{ resets: 1 }] });
    const back = await clawBack(over, later(START, { days: 1 }));
    expect(back).toMatchObject({
      status: 'refused',
      reason_code: 'clawed_back',
      deferred_until: null,
      detail: 'Taken back what was left. From the friend: 1 of 1 resets and 0 of 0 credits.',
    });
    expect(await own.ledger.limits(friend, START)).toMatchObject({ resets_available: 0 });
    expect(await own.ledger.rewardReferral(over.id, later(START, { days: 40 }))).toEqual(back);
    await expect(clawBack(over, START)).rejects.toMatchObject(refusal('not_rewarded'));
  });

  test('can be taken back for 30 days after it was given, to the millisecond', async () => {
    const end = later(START, { days: 30 });
    await expect(clawBack(await overTheCap('forfeits'), end)).rejects.toMatchObject(
      refusal('clawback_too_late'),
    );
    expect(await clawBack(await overTheCap('forfeits'), later(end, { ms: -1 }))).toMatchObject({
      reason_code: 'clawed_back',
    });
  });

  test('and a reward that was not given yet, is not given any more', async () => {
    const referral = await qualified();
    expect(await clawBack(referral, START)).toMatchObject({
      status: 'refused',
      detail: 'Taken back before it was given.',
      rewards: [],
    });
    expect(await own.ledger.rewardReferral(referral.id, START)).toMatchObject({
      status: 'refused',
      rewards: [],
    });
  });
});

describe('a cancellation', () => {
  test('is the referrer’s, or with a reason the operator’s, while the friend has not qualified', async () => {
    const first = await qualified();
    await expect(actOn(own.ledger, first, 'cancel', START)).rejects.toMatchObject(
      refusal('already_qualified'),
    );
    const second = await invite(own.ledger, referrer);
    expect(await actOn(own.ledger, second, 'cancel', START)).toMatchObject({
      status: 'canceled',
      reason_code: 'canceled_by_referrer',
    });
    await expect(actOn(own.ledger, second, 'cancel', START)).rejects.toMatchObject(
      refusal('already_resolved'),
    );
    const third = await invite(own.ledger, referrer);
    expect(await actOn(own.ledger, third, 'cancel', START, { reason: 'spam', by: 'olga' })).toMatchObject({
      reason_code: 'canceled_by_operator',
      reason: 'spam',
    });
    await expect(clawBack(third, START)).rejects.toMatchObject(refusal('not_rewarded'));
    await expect(actOn(own.ledger, { id: 'ref_none' }, 'cancel', START)).rejects.toMatchObject(
      refusal('not_found'),
    );
  });
});
