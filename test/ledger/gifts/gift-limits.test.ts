import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, claim, give, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

/** Small limits, and screening out of the way. */
const LIMITS = {
  gifts: {
    limits: { per_day: { count: 3, amount: '100' }, per_month: { count: 5, amount: '150' } },
    min_account_age: 'PT0S',
    screening: {
      velocity: { verdict: 'allow' },
      fan_out: { verdict: 'allow' },
      fan_in: { verdict: 'allow' },
    },
  },
} as const;

let own: TestLedger;
let sender = '';
let people = 0;
beforeAll(async () => {
  own = await openTestLedger(LIMITS);
  await seedAccount(own.ledger, 'friend', { at: '2026-01-01T00:00:00.000Z' });
});
afterAll(() => own.close());

/** A new sender with 1,000 credits. */
async function newSender(): Promise<string> {
  people += 1;
  sender = `sender-${people}`;
  await seedAccount(own.ledger, sender, { credits: '1000', at: '2026-01-01T00:00:00.000Z' });
  return sender;
}
const giveAt = (at: string, amount = '1') => give(own.ledger, sender, 'friend', { at, amount });
const refused = (at: string, reason: string, amount = '1') =>
  expect(giveAt(at, amount)).rejects.toMatchObject(refusal('gift_limit_exceeded', reason));

/** The last millisecond of a UTC day and the first of the next, where days, months and years meet. */
const MIDNIGHTS: [string, string, string, boolean][] = [
  ['a day', '2026-03-10T23:59:59.999Z', '2026-03-11T00:00:00.000Z', false],
  ['a month of 31 days', '2026-03-31T23:59:59.999Z', '2026-04-01T00:00:00.000Z', true],
  ['a month of 30 days', '2026-04-30T23:59:59.999Z', '2026-05-01T00:00:00.000Z', true],
  ['28 February', '2027-02-28T23:59:59.999Z', '2027-03-01T00:00:00.000Z', true],
  ['28 February of a leap year', '2028-02-28T23:59:59.999Z', '2028-02-29T00:00:00.000Z', false],
  ['leap day', '2028-02-29T23:59:59.999Z', '2028-03-01T00:00:00.000Z', true],
  ['the year', '2026-12-31T23:59:59.999Z', '2027-01-01T00:00:00.000Z', true],
  // Clocks change in Europe and America on these nights: a UTC day is not moved by it.
  ['the night clocks go forward', '2026-03-28T23:59:59.999Z', '2026-03-29T00:00:00.000Z', false],
];

describe('the limits of a day', () => {
  test.each(MIDNIGHTS)(
    'the count begins anew after the last millisecond of %s',
    async (_what, last, first) => {
      await newSender();
      for (let n = 0; n < 3; n++) await giveAt(last);
      await refused(last, 'per_day_count');
      expect(await giveAt(first)).toMatchObject({ status: 'pending' });
    },
  );

  test('the amount may be reached and not passed', async () => {
    await newSender();
    await giveAt('2026-03-10T00:00:00.000Z', '60');
    await refused('2026-03-10T12:00:00.000Z', 'per_day_amount', '40.000001');
    await giveAt('2026-03-10T23:59:59.999Z', '40');
    await refused('2026-03-10T23:59:59.999Z', 'per_day_amount');
    await giveAt('2026-03-11T00:00:00.000Z', '50');
  });
});

describe('the limits of a month', () => {
  test.each(MIDNIGHTS)(
    'the amount after the last millisecond of %s',
    async (_what, last, first, newMonth) => {
      await newSender();
      await giveAt(later(last, { days: -1 }), '80');
      await giveAt(last, '70');
      if (newMonth) expect(await giveAt(first)).toMatchObject({ status: 'pending' });
      else await refused(first, 'per_month_amount');
    },
  );

  test('the count runs over its days', async () => {
    await newSender();
    for (const day of ['01', '01', '15', '15', '31']) await giveAt(`2026-03-${day}T12:00:00.000Z`);
    await refused('2026-03-31T23:59:59.999Z', 'per_month_count');
    expect(await giveAt('2026-04-01T00:00:00.000Z')).toMatchObject({ status: 'pending' });
  });

  test('the same month of another year is another month', async () => {
    await newSender();
    for (const day of ['01', '01', '02', '02', '03']) await giveAt(`2026-03-${day}T12:00:00.000Z`);
    expect(await giveAt('2027-03-01T12:00:00.000Z')).toMatchObject({ status: 'pending' });
  });
});

describe('a gift that came to nothing gives its place back', () => {
  const at = '2026-06-15T12:00:00.000Z';
  const full = () => refused(at, 'per_day_count');

  test('when it is canceled or rejected', async () => {
    await newSender();
    const gifts = [await giveAt(at, '30'), await giveAt(at, '30'), await giveAt(at, '30')] as const;
    await full();
    await act(own.ledger, gifts[0], 'cancel', at);
    await refused(at, 'per_day_amount', '40.000001');
    const fourth = await giveAt(at, '40');
    await full();
    await act(own.ledger, fourth, 'reject', at);
    await giveAt(at);
    await full();
  });

  test('when it expires unclaimed: in its month, while that is the current one', async () => {
    await newSender();
    const first = '2026-06-01T00:00:00.000Z';
    const byEmail = { at: first, amount: '50' };
    const gifts = [
      await give(own.ledger, sender, 'x@example.com', byEmail),
      await give(own.ledger, sender, 'y@example.com', byEmail),
    ];
    await giveAt(at, '50');
    await refused(at, 'per_month_amount');
    const end = later(first, { days: 14 });
    await own.ledger.advanceGifts(
      gifts.map(({ id }) => id),
      end,
    );
    await giveAt(at, '50');
    expect(await own.ledger.gifting(sender, at)).toMatchObject({
      per_day: { used: { count: 2, amount: '100' } },
      per_month: { used: { count: 2, amount: '100' } },
    });
  });

  test('but not to another day, nor to another month', async () => {
    await newSender();
    const may = await giveAt('2026-05-31T23:59:59.999Z', '90');
    const june = await giveAt('2026-06-01T00:00:00.000Z', '20');
    await act(own.ledger, may, 'cancel', '2026-06-01T00:00:00.001Z');
    const used = { count: 1, amount: '20' };
    expect(await own.ledger.gifting(sender, '2026-06-01T12:00:00.000Z')).toMatchObject({
      per_day: { used },
      per_month: { used },
    });
    await giveAt('2026-06-02T00:00:00.000Z', '10');
    await act(own.ledger, june, 'cancel', '2026-06-02T00:00:00.001Z');
    expect(await own.ledger.gifting(sender, '2026-06-02T12:00:00.000Z')).toMatchObject({
      per_day: { used: { count: 1, amount: '10' } },
      per_month: { used: { count: 1, amount: '10' } },
    });
  });

  test('once: the second cancel is refused and gives nothing', async () => {
    await newSender();
    const gift = await giveAt(at, '30');
    await giveAt(at, '30');
    await act(own.ledger, gift, 'cancel', at);
    await expect(act(own.ledger, gift, 'cancel', at)).rejects.toMatchObject(refusal('already_resolved'));
    expect(await own.ledger.gifting(sender, at)).toMatchObject({
      per_day: { used: { count: 1, amount: '30' } },
    });
  });

  test('a settled gift keeps its place, also when it is reversed', async () => {
    await newSender();
    const gift = await giveAt('2026-06-01T00:00:00.000Z', '100');
    await own.ledger.advanceGift(gift.id, '2026-06-02T00:00:00.000Z');
    await act(own.ledger, gift, 'reverse', '2026-06-02T00:00:00.000Z');
    await refused('2026-06-02T00:00:00.000Z', 'per_month_amount', '50.000001');
  });

  test('a claimed gift keeps its place', async () => {
    await newSender();
    const gift = await give(own.ledger, sender, 'z@example.com', { at, amount: '100' });
    await claim(own.ledger, gift, 'friend', at);
    await refused(at, 'per_day_amount');
  });
});

describe('clocks that differ', () => {
  test('a gift from a clock that lags over midnight counts on the new day, and gives that place back', async () => {
    await newSender();
    await giveAt('2026-06-11T00:00:00.000Z', '10');
    const lagging = await giveAt('2026-06-10T23:59:59.990Z', '20');
    expect(await own.ledger.gifting(sender, '2026-06-11T12:00:00.000Z')).toMatchObject({
      per_day: { used: { count: 2, amount: '30' } },
    });
    expect((await own.ledger.verify()).violations).toEqual([]);
    await act(own.ledger, lagging, 'cancel', '2026-06-11T12:00:00.000Z');
    expect(await own.ledger.gifting(sender, '2026-06-11T12:00:00.000Z')).toMatchObject({
      per_day: { used: { count: 1, amount: '10' } },
      per_month: { used: { count: 1, amount: '10' } },
    });
  });

  test('so it is over the end of a month', async () => {
    await newSender();
    await giveAt('2026-07-01T00:00:00.000Z', '10');
    await giveAt('2026-06-30T23:59:59.990Z', '20');
    expect((await own.ledger.verify()).violations).toEqual([]);
    expect(await own.ledger.gifting(sender, '2026-07-01T12:00:00.000Z')).toMatchObject({
      per_month: { used: { count: 2, amount: '30' }, resets_at: '2026-08-01T00:00:00.000Z' },
    });
  });
});

describe('what an account may give', () => {
  test('says the limits, what is used of them and when they begin anew', async () => {
    await newSender();
    await giveAt('2026-12-31T12:00:00.000Z', '30');
    expect(await own.ledger.gifting(sender, '2026-12-31T23:59:59.999Z')).toMatchObject({
      eligible: true,
      reasons: [],
      giftable: '970',
      per_day: {
        limit: { count: 3, amount: '100' },
        used: { count: 1, amount: '30' },
        remaining: { count: 2, amount: '70' },
        resets_at: '2027-01-01T00:00:00.000Z',
      },
      per_month: {
        remaining: { count: 4, amount: '120' },
        resets_at: '2027-01-01T00:00:00.000Z',
      },
    });
    expect(await own.ledger.gifting(sender, '2027-01-01T00:00:00.000Z')).toMatchObject({
      per_day: { used: { count: 0, amount: '0' } },
      per_month: { used: { count: 0, amount: '0' } },
    });
  });

  test('gives every reason at once, each as an acceptance would', async () => {
    await seedAccount(own.ledger, 'barred', {
      put: { status: 'frozen', identity_verified_at: null, created_at: '2026-06-01T00:00:00.000Z' },
    });
    const { eligible, reasons } = await own.ledger.gifting('barred', '2026-06-01T00:00:00.000Z');
    expect(eligible).toBe(false);
    expect(reasons.map(({ code }) => code)).toEqual([
      'account_frozen',
      'identity_unverified',
      'insufficient_credits',
    ]);
  });

  test('tells credits that may not be given from none', async () => {
    await seedAccount(own.ledger, 'rich-in-gifts', { at: '2026-01-01T00:00:00.000Z' });
    await newSender();
    const gift = await give(own.ledger, sender, 'rich-in-gifts', { at: '2026-06-01T00:00:00.000Z' });
    const at = '2026-06-02T00:00:00.000Z';
    await own.ledger.advanceGift(gift.id, at);
    expect((await own.ledger.gifting('rich-in-gifts', at)).reasons.map(({ code }) => code)).toEqual([
      'not_giftable',
    ]);
    await expect(give(own.ledger, 'rich-in-gifts', 'friend', { at, amount: '1' })).rejects.toMatchObject(
      refusal('not_giftable'),
    );
  });
});
