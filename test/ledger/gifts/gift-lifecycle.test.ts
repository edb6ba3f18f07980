import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../../src/contracts/gifts/gift.ts';
import type { AcceptRequest } from '../../../src/ledger/gifts/accept-gifts.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

let people = 0;
/** A sender with 100 credits and a recipient of its own for each test. */
async function pair(credits = '100'): Promise<{ from: string; to: string }> {
  people += 1;
  const from = `sender-${people}`;
  const to = `friend-${people}`;
  await seedAccount(own.ledger, from, { credits });
  await seedAccount(own.ledger, to);
  return { from, to };
}

async function give(
  from: string,
  to: AcceptRequest['to'],
  amount = '40',
  more: Partial<AcceptRequest> = {},
): Promise<Gift> {
  const { value } = await own.ledger.acceptGift({
    key: newKey('accept'),
    at: START,
    id: newGiftId(),
    from,
    to,
    amount,
    funding: 'transfer',
    message: null,
    ...more,
  });
  return value;
}

async function available(account: string, at = START): Promise<string> {
  return (await own.ledger.balance(account, at)).available;
}

const act = (gift: Gift, action: 'cancel' | 'hold' | 'release' | 'reject' | 'reverse', at: string) =>
  own.ledger
    .actOnGift({ key: newKey(action), gift_id: gift.id, action, at, reason: 'because' })
    .then(({ value }) => value);

describe('settlement', () => {
  test('an accepted gift is neither party’s until it settles', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    expect(gift).toMatchObject({
      status: 'pending',
      settles_at: later(START, { hours: 24 }),
      deadline: later(START, { hours: 24 }),
    });
    expect(await own.ledger.balance(from, START)).toMatchObject({
      available: '60',
      held: '40',
      pending_in: '0',
    });
    expect(await own.ledger.balance(to, START)).toMatchObject({
      available: '0',
      held: '0',
      pending_in: '40',
    });
  });

  test('a gift is pending one millisecond before 24 hours and settled at exactly 24 hours', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 24, ms: -1 }))).toMatchObject({
      status: 'pending',
    });
    const settled = await own.ledger.advanceGift(gift.id, later(START, { hours: 24 }));
    expect(settled).toMatchObject({
      status: 'settled',
      settled_at: later(START, { hours: 24 }),
      deadline: null,
    });
    expect(await own.ledger.balance(to, later(START, { hours: 24 }))).toMatchObject({
      available: '40',
      pending_in: '0',
      lots: [{ source: 'gifted', giftable: false, expires_at: '2027-03-11T12:00:00.000Z' }],
    });
    expect(await own.ledger.balance(from, START)).toMatchObject({ available: '60', held: '0' });
  });

  test('settling twice moves the credits once', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    const at = later(START, { hours: 25 });
    await Promise.all([own.ledger.advanceGift(gift.id, at), own.ledger.advanceGifts([gift.id, gift.id], at)]);
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 30 }))).toMatchObject({
      status: 'settled',
      settled_at: at,
    });
    expect(await available(to, at)).toBe('40');
  });

  test('gifted credits expire with their source when that is sooner', async () => {
    const { to } = await pair();
    await seedAccount(own.ledger, 'short-lived', { credits: '50', expires_at: later(START, { days: 30 }) });
    const gift = await give('short-lived', { account_id: to }, '50');
    await own.ledger.advanceGift(gift.id, later(START, { hours: 24 }));
    const { lots } = await own.ledger.balance(to, later(START, { hours: 24 }));
    expect(lots).toMatchObject([{ remaining: '50', expires_at: later(START, { days: 30 }) }]);
  });

  test('gifted credits cannot be given on', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    await own.ledger.advanceGift(gift.id, later(START, { hours: 24 }));
    await expect(
      give(to, { account_id: from }, '10', { at: later(START, { hours: 25 }) }),
    ).rejects.toMatchObject({ code: 'not_giftable' });
  });
});

describe('ending early', () => {
  test('a canceled gift goes back to the very lots it came from', async () => {
    const { from, to } = await pair();
    const before = await own.ledger.balance(from, START);
    const gift = await give(from, { account_id: to });
    expect(await act(gift, 'cancel', later(START, { hours: 1 }))).toMatchObject({
      status: 'canceled',
      reason_code: 'canceled',
      deadline: null,
    });
    expect((await own.ledger.balance(from, START)).lots).toEqual(before.lots);
    await expect(act(gift, 'cancel', later(START, { hours: 2 }))).rejects.toMatchObject({
      code: 'already_resolved',
    });
  });

  test('a lot that expired while its credits were on hold gets the grace period', async () => {
    await seedAccount(own.ledger, 'expiring', { credits: '50', expires_at: later(START, { hours: 3 }) });
    const { to } = await pair();
    const gift = await give('expiring', { account_id: to }, '50');
    await act(gift, 'cancel', later(START, { hours: 4 }));
    const { lots } = await own.ledger.balance('expiring', later(START, { hours: 4 }));
    expect(lots).toMatchObject([{ remaining: '50', expires_at: later(START, { hours: 4, days: 7 }) }]);
  });

  test('a reversal takes back what is left and says what is not', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    const at = later(START, { hours: 24 });
    await own.ledger.advanceGift(gift.id, at);
    const reversed = await act(gift, 'reverse', later(at, { hours: 1 }));
    expect(reversed).toMatchObject({ status: 'reversed', reversal: { recovered: '40', unrecovered: '0' } });
    expect(await available(from)).toBe('100');
    expect(await available(to)).toBe('0');
    await expect(act(gift, 'reverse', later(at, { hours: 2 }))).rejects.toMatchObject({
      code: 'already_resolved',
    });
  });
});

describe('holds', () => {
  test('a hold stops the clock and a release lets it run on', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    const held = await act(gift, 'hold', later(START, { hours: 4 }));
    expect(held).toMatchObject({
      status: 'held',
      reason_code: 'operator_hold',
      hold_ends_at: later(START, { hours: 4, days: 14 }),
    });
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 30 }))).toMatchObject({
      status: 'held',
    });
    const released = await act(gift, 'release', later(START, { hours: 34 }));
    expect(released).toMatchObject({ status: 'pending', settles_at: later(START, { hours: 54 }) });
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 54 }))).toMatchObject({
      status: 'settled',
    });
  });

  test('a hold that nobody ends runs out after exactly 14 days and the clock runs on', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    await act(gift, 'hold', later(START, { hours: 4 }));
    const end = later(START, { hours: 4, days: 14 });
    expect(await own.ledger.advanceGift(gift.id, later(end, { ms: -1 }))).toMatchObject({ status: 'held' });
    expect(await own.ledger.advanceGift(gift.id, end)).toMatchObject({
      status: 'pending',
      settles_at: later(end, { hours: 20 }),
    });
    expect(await own.ledger.advanceGift(gift.id, later(end, { hours: 20 }))).toMatchObject({
      status: 'settled',
    });
  });

  test.each(['sender', 'recipient'])(
    'freezing the %s holds the gift, unfreezing lets it go on',
    async (side) => {
      const { from, to } = await pair();
      const gift = await give(from, { account_id: to });
      const who = side === 'sender' ? from : to;
      await own.ledger.putAccount(who, { plan: 'plus', status: 'frozen' }, later(START, { hours: 2 }));
      expect(await own.ledger.findGift(gift.id)).toMatchObject({
        status: 'held',
        reason_code: 'account_frozen',
      });
      await own.ledger.putAccount(who, { plan: 'plus', status: 'active' }, later(START, { hours: 12 }));
      expect(await own.ledger.findGift(gift.id)).toMatchObject({
        status: 'pending',
        settles_at: later(START, { hours: 34 }),
      });
    },
  );

  test('a gift goes on when both sides are free again, whoever else is frozen', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    const stranger = (await pair()).from;
    const put = async (id: string, status: 'active' | 'frozen', hours: number) => {
      await own.ledger.putAccount(id, { plan: 'plus', status }, later(START, { hours }));
      return (await own.ledger.findGift(gift.id))?.status;
    };
    await put(stranger, 'frozen', 1);
    expect(await put(from, 'frozen', 2)).toBe('held');
    expect(await put(to, 'frozen', 3)).toBe('held');
    expect(await put(from, 'active', 4)).toBe('held');
    expect(await put(to, 'active', 5)).toBe('pending');
  });

  test('an account that is still frozen when the hold runs out gets its credits back', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { account_id: to });
    await own.ledger.putAccount(from, { plan: 'plus', status: 'frozen' }, later(START, { hours: 2 }));
    await own.ledger.advanceGift(gift.id, later(START, { hours: 2, days: 14 }));
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 24, days: 14 }))).toMatchObject({
      status: 'rejected',
      reason_code: 'account_frozen',
    });
    expect(await available(from)).toBe('100');
  });
});

describe('gifts by e-mail', () => {
  test('the right token claims once, and the claimed gift settles 24 hours after it was given', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { email: 'Friend@Example.com' });
    expect(gift).toMatchObject({
      status: 'awaiting_claim',
      to: null,
      claim_expires_at: later(START, { days: 14 }),
    });
    const { email, token } = await own.ledger.giftAddress(gift.id);
    expect(email).toBe('Friend@Example.com');
    const claim = (claimToken: string, at: string) =>
      own.ledger.actOnGift({
        key: newKey('claim'),
        gift_id: gift.id,
        action: 'claim',
        at,
        token: claimToken,
        account_id: to,
      });
    await expect(claim('forged', later(START, { hours: 1 }))).rejects.toMatchObject({
      code: 'claim_invalid',
    });
    const { value } = await claim(token ?? '', later(START, { hours: 2 }));
    expect(value).toMatchObject({ status: 'pending', to, settles_at: later(START, { hours: 24 }) });
    await expect(claim(token ?? '', later(START, { hours: 3 }))).rejects.toMatchObject({
      code: 'claim_invalid',
    });
    expect(await own.ledger.advanceGift(gift.id, later(START, { hours: 24 }))).toMatchObject({
      status: 'settled',
    });
    expect(await available(to, later(START, { hours: 24 }))).toBe('40');
  });

  test('an unclaimed gift goes back at exactly 14 days', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { email: 'nobody@example.com' });
    const { token } = await own.ledger.giftAddress(gift.id);
    const end = later(START, { days: 14 });
    await expect(
      own.ledger.actOnGift({
        key: newKey('claim'),
        gift_id: gift.id,
        action: 'claim',
        at: end,
        token,
        account_id: to,
      }),
    ).rejects.toMatchObject({ code: 'claim_expired' });
    expect(await own.ledger.advanceGift(gift.id, later(end, { ms: -1 }))).toMatchObject({
      status: 'awaiting_claim',
    });
    expect(await own.ledger.advanceGift(gift.id, end)).toMatchObject({
      status: 'expired',
      reason_code: 'claim_expired',
    });
    expect(await available(from)).toBe('100');
  });

  test('a gift claimed after its settlement period settles at once', async () => {
    const { from, to } = await pair();
    const gift = await give(from, { email: 'late@example.com' });
    const { token } = await own.ledger.giftAddress(gift.id);
    const at = later(START, { days: 3 });
    const { value } = await own.ledger.actOnGift({
      key: newKey('claim'),
      gift_id: gift.id,
      action: 'claim',
      at,
      token,
      account_id: to,
    });
    expect(value).toMatchObject({ status: 'pending', deadline: at });
    expect(await own.ledger.advanceGift(gift.id, at)).toMatchObject({ status: 'settled' });
  });
});
