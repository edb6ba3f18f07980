import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { act, claim, giftRequest, give, outcomes, refusal } from '../../support/gifts.ts';
import { holding, untilWaiting } from '../../support/held-lock.ts';
import { bank, bankedCount, redeem, use } from '../../support/resets.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
let ledger: Ledger;
beforeAll(async () => {
  own = await openTestLedger();
  ledger = own.ledger;
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);
const TOMORROW = at({ days: 1 });
let people = 0;
async function person(options: Parameters<typeof seedAccount>[2] = {}): Promise<string> {
  people += 1;
  const name = `person-${people}`;
  await seedAccount(ledger, name, options);
  return name;
}
const giveReset = (
  from: string,
  to: string,
  reset: { id: string } | undefined,
  more: Partial<AcceptRequest> = {},
) => give(ledger, from, to, { amount: '0', reset_id: reset?.id, ...more });
const settle = async (gift: Gift, moment = TOMORROW) => (await ledger.advanceGifts([gift.id], moment))[0];
async function statuses(name: string, moment = START): Promise<string[]> {
  return (await ledger.listResets(name, moment)).data.map(({ source, status }) => `${source} ${status}`);
}

test('a reset is neither party’s until the gift settles; then the recipient has one with the same expiry', async () => {
  const [ada, bob] = [await person(), await person()];
  const [reset] = await bank(ledger, ada, { program: 'outage' });
  await use(ledger, ada, '1');
  const gift = await giveReset(ada, bob, reset);
  expect(gift).toMatchObject({ status: 'pending', amount: '0', reset_id: reset.id, settles_at: TOMORROW });
  expect(await ledger.findGift(gift.id)).toEqual(gift);
  expect(await statuses(ada)).toEqual(['grant held']);
  expect(await statuses(bob)).toEqual([]);
  expect(await redeem(ledger, ada, { reset_id: reset.id })).toMatchObject({ outcome: 'no_credit' });

  expect(await settle(gift, at({ days: 1, ms: -1 }))).toMatchObject({ status: 'pending' });
  expect(await settle(gift)).toMatchObject({ status: 'settled', settled_at: TOMORROW });
  expect(await statuses(ada)).toEqual(['grant given']);
  expect((await ledger.listResets(bob, TOMORROW)).data).toMatchObject([
    {
      source: 'gift',
      status: 'available',
      source_id: gift.id,
      program: null,
      granted_at: TOMORROW,
      expires_at: reset.expires_at,
    },
  ]);
  await use(ledger, bob, '2', TOMORROW);
  expect(await redeem(ledger, bob, { at: TOMORROW })).toMatchObject({ outcome: 'reset' });
});

test.each(['cancel', 'reject'] as const)(
  '%s brings the reset back to the sender, who may give it again',
  async (action) => {
    const [ada, bob] = [await person(), await person()];
    const [reset] = await bank(ledger, ada);
    const gift = await giveReset(ada, bob, reset);
    const ended = await act(ledger, gift, action, at({ hours: 1 }));
    expect(ended.deadline).toBeNull();
    expect(await statuses(ada)).toEqual(['grant available']);
    const again = await giveReset(ada, bob, reset, { at: at({ hours: 2 }) });
    await settle(again, at({ days: 2 }));
    expect(await statuses(bob, at({ days: 2 }))).toEqual(['gift available']);
  },
);

test('a gift of a reset by e-mail is claimed, and settles; unclaimed it goes back', async () => {
  const [ada, bob] = [await person(), await person()];
  const [reset, other] = await bank(ledger, ada, { count: 2 });
  const gift = await giveReset(ada, 'bob@example.com', reset);
  const unclaimed = await giveReset(ada, 'eve@example.com', other);
  await claim(ledger, gift, bob, at({ days: 2 }));
  expect(await settle(gift, at({ days: 2 }))).toMatchObject({ status: 'settled', to: bob });
  expect(await bankedCount(ledger, bob, at({ days: 2 }))).toBe(1);
  expect(await settle(unclaimed, at({ days: 14 }))).toMatchObject({ status: 'expired' });
  expect(await statuses(ada, at({ days: 14 }))).toEqual(['grant available', 'grant given']);
});

test('a reset whose time runs out on its way lives for a day from when it arrives, or comes back', async () => {
  const [ada, bob] = [await person(), await person()];
  const granted = at({ days: -20 });
  const [one, two] = await bank(ledger, ada, { count: 2, at: granted });
  const gift = await giveReset(ada, 'bob@example.com', one);
  const back = await giveReset(ada, 'eve@example.com', two);
  const late = at({ days: 12 });
  expect(await ledger.expireResets(late, 100)).toBe(0);
  await claim(ledger, gift, bob, late);
  await settle(gift, late);
  expect((await ledger.listResets(bob, late)).data).toMatchObject([{ expires_at: later(late, { days: 1 }) }]);
  await act(ledger, back, 'cancel', late);
  expect((await ledger.listResets(ada, late)).data[0]).toMatchObject({
    status: 'available',
    expires_at: later(late, { days: 1 }),
  });
});

test('a freeze holds the gift, and an operator’s release lets it go on', async () => {
  const [ada, bob] = [await person(), await person()];
  const [reset] = await bank(ledger, ada);
  const gift = await giveReset(ada, bob, reset);
  await ledger.putAccount(ada, { plan: 'plus', status: 'frozen' }, at({ hours: 1 }));
  expect(await ledger.findGift(gift.id)).toMatchObject({ status: 'held', reason_code: 'account_frozen' });
  await ledger.putAccount(ada, { plan: 'plus', status: 'active' }, at({ hours: 2 }));
  expect(await settle(gift, at({ hours: 25 }))).toMatchObject({ status: 'settled' });
});

test('screening holds it as it holds a gift of credits', async () => {
  const fingerprints = { put: { fingerprints: ['device'] } };
  const [ada, bob] = [await person(fingerprints), await person(fingerprints)];
  const [reset] = await bank(ledger, ada);
  expect(await giveReset(ada, bob, reset)).toMatchObject({
    status: 'held',
    reason_code: 'shared_fingerprint',
  });
});

test('a settled gift of a reset is not reversed', async () => {
  const [ada, bob] = [await person(), await person()];
  const [reset] = await bank(ledger, ada);
  const gift = await giveReset(ada, bob, reset);
  await settle(gift);
  await expect(act(ledger, gift, 'reverse', TOMORROW)).rejects.toMatchObject(refusal('already_settled'));
});

test('gifts of resets count to the sender’s limits by number', async () => {
  const limits = { per_day: { count: 2, amount: '1000' } };
  await ledger.usePolicy(policyWith({ gifts: { limits } }), START);
  try {
    const [ada, bob] = [await person({ credits: '10' }), await person()];
    const [one, two] = await bank(ledger, ada, { count: 2 });
    await giveReset(ada, bob, one);
    await give(ledger, ada, bob, { amount: '1' });
    await expect(giveReset(ada, bob, two)).rejects.toMatchObject(
      refusal('gift_limit_exceeded', 'per_day_count'),
    );
  } finally {
    await ledger.usePolicy(policyWith(), START);
  }
});

test('the same key gives once, and of twenty gifts of one reset one is accepted', async () => {
  const [ada, bob] = [await person(), await person()];
  const [reset, other] = await bank(ledger, ada, { count: 2 });
  const request = giftRequest(ada, bob, { amount: '0', reset_id: reset.id });
  const first = await ledger.acceptGift(request);
  expect(await ledger.acceptGift(request)).toEqual({ value: first.value, replayed: true });
  await expect(ledger.acceptGift({ ...request, reset_id: other?.id })).rejects.toMatchObject(
    refusal('idempotency_mismatch'),
  );
  const { values, errors } = await outcomes(Array.from({ length: 20 }, () => giveReset(ada, bob, other)));
  expect(values).toHaveLength(1);
  for (const error of errors) expect(error).toMatchObject(refusal('not_giftable', 'reset_unavailable'));
});

test.each([
  ['of credits', '10'],
  ['of a reset', undefined],
])(
  'where recipients must be new, one of two gifts settles that are accepted at one moment, the second %s',
  async (_words, credits) => {
    const strict = policyWith({ gifts: { recipient_must_be_new: true } });
    const elsewhere = createPostgresLedger(own);
    await ledger.usePolicy(strict, START);
    await elsewhere.usePolicy(strict, START);
    try {
      const [ada, eve] = [await person(), await person(credits === undefined ? {} : { credits })];
      const young = await person({ put: { created_at: START } });
      const [reset] = await bank(ledger, ada);
      const [another] = await bank(ledger, eve);
      await own.sql(`INSERT INTO boon.gift_usage VALUES ($1, '2026-03-01', 0, 0, '2026-03-01', 0, 0, 0, 0)`, [
        ada,
      ]);
      // The first has been looked at and is not written yet when the second is accepted.
      const usage = 'SELECT FROM boon.gift_usage WHERE account_id = $1 FOR UPDATE';
      const accepted = await holding(own, [usage, [ada]], async (query) => {
        const first = giveReset(ada, young, reset);
        await untilWaiting(own, 1);
        const gift = credits === undefined ? { amount: '0', reset_id: another.id } : {};
        const second = await give(elsewhere, eve, young, gift);
        await query('COMMIT');
        return [await first, second];
      });
      const ended = await ledger.advanceGifts(
        accepted.map(({ id }) => id),
        TOMORROW,
      );
      expect(ended.map(({ status }) => status).toSorted()).toEqual(['rejected', 'settled']);
    } finally {
      await elsewhere.close();
      await ledger.usePolicy(policyWith(), START);
    }
  },
);

describe('refused is a gift', () => {
  test('of a reset that is not the sender’s, spent, expired, about to expire, or was given itself', async () => {
    const [ada, bob] = [await person(), await person()];
    const [hers] = await bank(ledger, ada);
    await expect(giveReset(bob, ada, hers)).rejects.toMatchObject(
      refusal('not_giftable', 'reset_unavailable'),
    );
    const [old] = await bank(ledger, ada, { at: at({ days: -30 }) });
    await expect(giveReset(ada, bob, old)).rejects.toMatchObject(
      refusal('not_giftable', 'reset_unavailable'),
    );
    const [ending] = await bank(ledger, ada, { at: at({ days: -29 }) });
    await expect(giveReset(ada, bob, ending)).rejects.toMatchObject(refusal('not_giftable', 'reset_expires'));
    const [justLongEnough] = await bank(ledger, ada, { at: at({ days: -29, ms: 1 }) });
    await giveReset(ada, bob, justLongEnough);
    await settle(await giveReset(ada, bob, hers));
    const [given] = (await ledger.listResets(bob, TOMORROW)).data;
    if (given === undefined) throw new Error('nothing was given');
    await expect(giveReset(bob, ada, given, { at: TOMORROW })).rejects.toMatchObject(
      refusal('not_giftable', 'reset_gifted'),
    );
  });

  test.each([
    ['identity_unverified', undefined, { put: { identity_verified_at: null } }],
    ['account_frozen', 'frozen', { put: { status: 'frozen' } }],
    ['gift_denied', 'account_too_new', { put: { created_at: START } }],
  ] as const)('by a sender: %s %s', async (code, reason, options) => {
    const [ada, bob] = [await person(options), await person()];
    const [reset] = await bank(ledger, ada);
    await expect(giveReset(ada, bob, reset)).rejects.toMatchObject(refusal(code, reason));
  });

  test('to oneself, to nobody, to a closed account', async () => {
    const [ada, bob] = [
      await person({ put: { email: 'me@example.com' } }),
      await person({ put: { status: 'closed' } }),
    ];
    const [reset] = await bank(ledger, ada);
    await expect(giveReset(ada, ada, reset)).rejects.toMatchObject(refusal('self_gift'));
    await expect(giveReset(ada, 'me@example.com', reset)).rejects.toMatchObject(refusal('self_gift'));
    await expect(giveReset(ada, 'nobody', reset)).rejects.toMatchObject(
      refusal('recipient_ineligible', 'unknown_account'),
    );
    await expect(giveReset(ada, bob, reset)).rejects.toMatchObject(
      refusal('recipient_ineligible', 'recipient_unavailable'),
    );
    await expect(giveReset('nobody', ada, reset)).rejects.toMatchObject(refusal('not_found'));
  });
});
