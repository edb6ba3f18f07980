import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bought, CONSENT, hear, newPurchaseId } from '../support/purchases.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
let people = 0;
let ada = '';
beforeAll(async () => {
  own = await openTestLedger({
    packages: { tiny: { credits: '20', price: { amount: 100, currency: 'usd' } } },
  });
});
afterAll(() => own.close());
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  await seedAccount(own.ledger, ada, { put: { billing_day: 1 } });
});

const begin = (at = START) => own.ledger.beginTopUp(ada, newPurchaseId(), at);
const consent = (more: object = {}, at = START) =>
  own.ledger.putTopUp(ada, { ...CONSENT, ...more }, 'user:ada', at);
/** 20 credits and a stored card. */
const withCard = () => bought(own.ledger, ada, 'tiny', { save_card: true });
const pay = (id: string, at = START) =>
  hear(own.ledger, { id }, { said: 'paid', payment_id: `pi_${id}`, at });
/** Gives away credits, so that the balance falls. */
async function lower(amount: string): Promise<void> {
  const gift = { key: `g-${ada}-${amount}`, id: `gft_${ada}_${amount}`, at: START, from: ada, amount };
  await seedAccount(own.ledger, `${ada}-friend`);
  await own.ledger.acceptGift({
    ...gift,
    to: { account_id: `${ada}-friend` },
    funding: 'transfer',
    message: null,
  });
}

describe('an automatic top-up', () => {
  test('never begins without consent, nor after it was withdrawn', async () => {
    await withCard();
    await lower('10');
    expect(await begin()).toBeUndefined();
    await consent();
    await own.ledger.putTopUp(ada, null, 'user:ada', START);
    expect(await begin()).toBeUndefined();
    expect(await own.ledger.dueTopUps(START, 10)).not.toContain(ada);
  });

  test('begins below the sum, and not at it', async () => {
    await withCard();
    await consent();
    expect(await begin()).toBeUndefined();
    await lower('1');
    expect(await own.ledger.dueTopUps(START, 1000)).toContain(ada);
    expect(await begin()).toMatchObject({
      kind: 'top_up',
      status: 'open',
      credits: '100',
      price: { amount: 400 },
    });
  });

  test('is one at a time, whoever begins it', async () => {
    await withCard();
    await consent();
    await lower('1');
    const all = await Promise.all(Array.from({ length: 20 }, () => begin()));
    expect(all.filter((one) => one !== undefined)).toHaveLength(1);
  });

  test('stops at the month’s cap, to the cent, and goes on in the next month', async () => {
    await withCard();
    await consent({ package: 'tiny', below: '1000', monthly_cap: { amount: 200, currency: 'usd' } });
    for (const _ of [1, 2]) await pay(String((await begin())?.id));
    expect(await begin()).toBeUndefined();
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ spent: 200 });
    expect(await begin('2026-03-31T23:59:59.999Z')).toBeUndefined();
    const next = await begin('2026-04-01T00:00:00.000Z');
    expect(next).toBeDefined();
    await pay(String(next?.id), '2026-04-01T00:00:00.000Z');
  });

  test('that was not paid pauses for a day, costs nothing of the cap, and is tried again', async () => {
    await withCard();
    await consent({ monthly_cap: { amount: 400, currency: 'usd' } });
    await lower('1');
    const first = await begin();
    await hear(own.ledger, { id: String(first?.id) }, { said: 'failed', reason_code: 'card_declined' });
    expect(await begin(later(START, { days: 1, ms: -1 }))).toBeUndefined();
    expect(await begin(later(START, { days: 1 }))).toBeDefined();
  });

  test('ends with its consent when its money goes back, and never runs into a debt', async () => {
    await withCard();
    await consent();
    await lower('1');
    const first = await begin();
    await pay(String(first?.id));
    await lower('110');
    await hear(own.ledger, { id: String(first?.id) }, { said: 'refunded', amount: 400 });
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ enabled: false });
    await consent();
    expect(await own.ledger.balance(ada, START)).not.toMatchObject({ debt: '0' });
    expect(await begin()).toBeUndefined();
  });
});

describe('reminders of bought credits', () => {
  const DUE = '2027-02-08T12:00:00.000Z';
  const due = async (at: string) =>
    (await own.ledger.dueCreditReminders(at, 100)).due.filter((one) => one.account_id === ada);
  beforeEach(async () => {
    await own.ledger.putAccount(ada, { plan: 'plus', email: `${ada}@example.com` }, START);
    await bought(own.ledger, ada);
  });

  test('fall due exactly 30 days before the expiry, and once', async () => {
    expect(await due(later(DUE, { ms: -1 }))).toEqual([]);
    const [first] = await due(DUE);
    expect(first).toMatchObject({
      remaining: '100',
      expires_at: '2027-03-10T12:00:00.000Z',
      before: '30 days',
    });
    if (first !== undefined) await own.ledger.noteCreditReminder(first, 'sent', DUE);
    expect(await due(later(DUE, { minutes: 5 }))).toEqual([]);
  });

  test('are given up a day later, and come again 7 days before', async () => {
    expect(await due(later(DUE, { days: 1, ms: -1 }))).toHaveLength(1);
    expect(await due(later(DUE, { days: 1 }))).toEqual([]);
    expect(await due(later(DUE, { days: 23 }))).toMatchObject([{ before: '7 days' }]);
  });
});

test('a consent, and its end, by a clock 2 seconds from that of the top-up leave the ledger sound', async () => {
  await withCard();
  await lower('15');
  await consent({}, later(START, { seconds: 2 }));
  const topUp = await begin();
  expect(topUp).toMatchObject({ status: 'open' });
  await pay(String(topUp?.id));
  await own.ledger.putTopUp(ada, null, 'user:ada', later(START, { seconds: -2 }));
  expect((await own.ledger.verify()).violations).toEqual([]);
});
