import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, available, give, grant, refusal } from '../../support/gifts.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ gifts: { screening: { fan_in: { verdict: 'allow' } } } });
  await seedAccount(own.ledger, 'friend');
});
afterAll(() => own.close());

const at = (by: Parameters<typeof later>[1]) => later(START, by);
/** When the lots of these tests expire. */
const END = at({ hours: 3 });

let people = 0;
/** An account with one lot of 100 credits that expires at END. */
async function person(credits = '100'): Promise<string> {
  people += 1;
  await seedAccount(own.ledger, `person-${people}`, { credits, expires_at: END });
  return `person-${people}`;
}
async function lines(account: string): Promise<string[]> {
  const { data } = await own.ledger.statement(account, { limit: 100 });
  return data.map(
    ({ kind, amount, balance_after, at: when }) => `${kind} ${amount} ${balance_after} ${when}`,
  );
}

describe('the moment a lot expires', () => {
  test('is exactly at expires_at: usable a millisecond before, gone then, posted or not', async () => {
    const account = await person();
    expect(await available(own.ledger, account, later(END, { ms: -1 }))).toBe('100');
    expect(await available(own.ledger, account, END)).toBe('0');
    await expect(give(own.ledger, account, 'friend', { at: END })).rejects.toMatchObject(
      refusal('insufficient_credits'),
    );
    expect((await own.ledger.gifting(account, END)).giftable).toBe('0');
    expect(await give(own.ledger, account, 'friend', { at: later(END, { ms: -1 }) })).toMatchObject({
      amount: '10',
    });
  });

  test('is when it no longer counts against a top-up either', async () => {
    const account = await person();
    const ownCredits = async (moment: string) =>
      (await own.sql('SELECT boon_code.credits(boon_code.own_credits($1, $2)) AS own', [account, moment]))[0]
        ?.own;
    expect([await ownCredits(later(END, { ms: -1 })), await ownCredits(END)]).toEqual(['100', '0']);
  });

  test('is posted at exactly expires_at and not before, with effect from then', async () => {
    const account = await person();
    await own.ledger.expireLots(later(END, { ms: -1 }), 1_000);
    expect(await lines(account)).toHaveLength(1);
    const posted = await own.ledger.expireLots(END, 1_000);
    expect(posted.lots).toBeGreaterThan(0);
    expect(await lines(account)).toEqual([`expired -100 0 ${END}`, `grant 100 100 ${START}`]);
    expect(await own.ledger.expireLots(END, 1_000)).toEqual({ lots: 0, amount: '0' });
  });

  test('posted late still has effect from when it was', async () => {
    const account = await person();
    await own.ledger.expireLots(later(END, { days: 2 }), 1_000);
    expect((await lines(account))[0]).toBe(`expired -100 0 ${END}`);
    const asOf = (moment: string) =>
      own.ledger.balance(account, at({ days: 9 }), moment).then((balance) => balance.available);
    expect(await asOf(later(END, { ms: -1 }))).toBe('100');
    expect(await asOf(END)).toBe('0');
  });
});

test('lots expire the soonest first, as many as are asked for', async () => {
  const account = await person();
  await own.ledger.expireLots(END, 1_000);
  for (const hours of [6, 4, 5]) await grant(own.ledger, account, `${hours}`, { expires_at: at({ hours }) });
  expect(await own.ledger.expireLots(at({ hours: 7 }), 2)).toEqual({ lots: 2, amount: '9' });
  expect(await own.ledger.expireLots(at({ hours: 7 }), 2)).toEqual({ lots: 1, amount: '6' });
});

test('several lots of one account expire in one posting, line by line', async () => {
  const account = await person();
  await grant(own.ledger, account, '7', { expires_at: END });
  await grant(own.ledger, account, '1');
  await own.ledger.expireLots(END, 1_000);
  expect(await lines(account)).toEqual([
    `expired -7 1 ${END}`,
    `expired -100 8 ${END}`,
    `grant 1 108 ${START}`,
    `grant 7 107 ${START}`,
    `grant 100 100 ${START}`,
  ]);
});

test('two processes that expire at once post each lot once', async () => {
  const account = await person();
  for (let n = 0; n < 30; n++) await grant(own.ledger, account, '1', { expires_at: END });
  const answers = await Promise.all(Array.from({ length: 6 }, () => own.ledger.expireLots(END, 20)));
  expect(answers.reduce((sum, { lots }) => sum + lots, 0)).toBeLessThanOrEqual(31);
  while ((await own.ledger.expireLots(END, 20)).lots > 0);
  expect((await lines(account)).filter((line) => line.startsWith('expired'))).toHaveLength(31);
  expect(await available(own.ledger, account)).toBe('0');
});

test('credits granted so that they would be expired are refused', async () => {
  const account = await person();
  for (const expires_at of [START, later(START, { ms: -1 })]) {
    await expect(grant(own.ledger, account, '1', { expires_at })).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'expires_at' }],
    });
  }
});

test('a grant that is repeated after its credits have expired is answered, not refused', async () => {
  const account = await person();
  const first = await grant(own.ledger, account, '1', { key: 'short', expires_at: END });
  expect(
    await grant(own.ledger, account, '1', { key: 'short', expires_at: END, at: at({ days: 1 }) }),
  ).toEqual({
    value: first.value,
    replayed: true,
  });
});

test('a closed account is granted nothing', async () => {
  const account = await person();
  await own.ledger.putAccount(account, { plan: 'plus', status: 'closed' }, START);
  await expect(grant(own.ledger, account, '1')).rejects.toMatchObject(
    refusal('recipient_ineligible', 'recipient_unavailable'),
  );
});

describe('credits on hold while their lot expires', () => {
  const grace = (moment: string) => later(moment, { days: 7 });
  const canceledAt = later(END, { hours: 1 });

  test('come back for the grace period; the rest of the lot is gone, if it was posted', async () => {
    const account = await person();
    const gift = await give(own.ledger, account, 'friend', { amount: '40' });
    await own.ledger.expireLots(END, 1_000);
    await act(own.ledger, gift, 'cancel', canceledAt);
    expect((await own.ledger.balance(account, canceledAt)).lots).toMatchObject([
      { remaining: '40', expires_at: grace(canceledAt) },
    ]);
  });

  test('and so it is if it was not posted yet', async () => {
    const account = await person();
    const gift = await give(own.ledger, account, 'friend', { amount: '40' });
    await act(own.ledger, gift, 'cancel', canceledAt);
    expect((await own.ledger.balance(account, canceledAt)).lots).toMatchObject([
      { remaining: '40', expires_at: grace(canceledAt) },
    ]);
    expect(await lines(account)).toEqual([
      `gift_returned 40 40 ${canceledAt}`,
      `expired -60 0 ${END}`,
      `gift_held -40 60 ${START}`,
      `grant 100 100 ${START}`,
    ]);
    // As of the time between, what was seen then is seen.
    expect(await own.ledger.balance(account, canceledAt, later(END, { minutes: 1 }))).toMatchObject({
      available: '0',
      held: '40',
    });
  });

  test.each([
    ['exactly as it does', 0],
    ['a millisecond before', -1],
    ['a day before', -24 * 3_600_000],
    ['a millisecond less than the grace before', -7 * 24 * 3_600_000 + 1],
  ])(
    'come back as good for the grace period when that is %s; the rest of the lot expires when it did',
    async (_name, ms) => {
      people += 1;
      const account = `person-${people}`;
      const end = at({ days: 10 });
      await seedAccount(own.ledger, account, { credits: '100', expires_at: end });
      const gift = await give(own.ledger, account, 'friend', { amount: '40' });
      const canceled = later(end, { ms });
      await act(own.ledger, gift, 'cancel', canceled);
      const lots = (await own.ledger.balance(account, canceled)).lots;
      expect(lots).toMatchObject([
        ...(ms < 0 ? [{ remaining: '60', expires_at: end }] : []),
        { remaining: '40', expires_at: grace(canceled) },
      ]);
      expect(await available(own.ledger, account, end)).toBe('40');
      expect(await available(own.ledger, account, grace(canceled))).toBe('0');
    },
  );

  test('come back to their lot as it is when more than the grace is left of it', async () => {
    people += 1;
    const account = `person-${people}`;
    const end = at({ days: 10 });
    await seedAccount(own.ledger, account, { credits: '100', expires_at: end });
    const gift = await give(own.ledger, account, 'friend', { amount: '40' });
    await act(own.ledger, gift, 'cancel', later(end, { days: -7 }));
    expect((await own.ledger.balance(account, START)).lots).toMatchObject([
      { remaining: '100', expires_at: end },
    ]);
  });

  test('have their grace counted no longer than the longest hold after the lot expired', async () => {
    const account = await person('60');
    const gifts = await Promise.all(
      [1, 2, 3].map(() => give(own.ledger, account, 'friend', { amount: '20', at: START })),
    );
    const [soon, late, latest] = gifts;
    if (soon === undefined || late === undefined || latest === undefined) throw new Error('three were given');
    let now = later(END, { hours: -1 });
    for (const gift of gifts) await act(own.ledger, gift, 'hold', now);
    await act(own.ledger, soon, 'cancel', later(END, { days: 13, hours: 22 }));
    now = later(END, { days: 13, hours: 22 });
    for (const gift of [late, latest]) {
      await act(own.ledger, gift, 'release', now);
      await act(own.ledger, gift, 'hold', now);
    }
    await act(own.ledger, late, 'cancel', later(END, { days: 20, hours: 23 }));
    const last = later(END, { days: 14 + 7 });
    // The first to come back had its own grace, which is over.
    expect((await own.ledger.balance(account, later(END, { days: 20, hours: 23 }))).lots).toMatchObject([
      { remaining: '20', expires_at: last },
    ]);
    await act(own.ledger, latest, 'cancel', later(END, { days: 27 }));
    expect(await available(own.ledger, account, later(END, { days: 27 }))).toBe('0');
  });

  test('are good for the grace period with the recipient too', async () => {
    const account = await person();
    await seedAccount(own.ledger, 'late-friend');
    const gift = await give(own.ledger, account, 'late-friend');
    const settled = at({ days: 1 });
    await own.ledger.advanceGift(gift.id, settled);
    expect((await own.ledger.balance('late-friend', settled)).lots).toMatchObject([
      { remaining: '10', expires_at: grace(settled) },
    ]);
  });

  test('that come back can be given again, and then expire for good', async () => {
    const account = await person();
    const gift = await give(own.ledger, account, 'friend', { amount: '40' });
    await act(own.ledger, gift, 'cancel', canceledAt);
    const again = await give(own.ledger, account, 'friend', { amount: '15', at: canceledAt });
    await own.ledger.expireLots(grace(canceledAt), 1_000);
    expect(await available(own.ledger, account, grace(canceledAt))).toBe('0');
    // On hold over the grace: there is no other.
    await act(own.ledger, again, 'cancel', grace(canceledAt));
    expect(await available(own.ledger, account, grace(canceledAt))).toBe('0');
  });
});
