import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import type { UseRequest } from '../../../src/ledger/usage/charge-usage.ts';
import { bought, CONSENT, hear, newPurchaseId, usd } from '../../support/purchases.ts';
import {
  later,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

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
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ spent: usd(200) });
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
    await own.ledger.advanceGift(`gft_${ada}_110`, later(START, { days: 1 }));
    await hear(own.ledger, { id: String(first?.id) }, { said: 'refunded', amount: 400 });
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ enabled: false });
    await consent();
    expect(await own.ledger.balance(ada, START)).not.toMatchObject({ debt: '0' });
    expect(await begin()).toBeUndefined();
  });
});

/** What the account was told of its top-ups. */
const told = async () =>
  (
    await own.sql(
      "SELECT data ->> 'reason' AS reason, (data ->> 'until')::timestamptz AS until FROM boon.events WHERE subject = $1 AND type = 'top_up.paused' ORDER BY seq",
      [ada],
    )
  ).map(({ reason, until }) => [reason, until instanceof Date ? until.toISOString() : until]);

describe('a refunded top-up', () => {
  test('still counts to the month’s cap', async () => {
    await withCard();
    const cap = { package: 'tiny', below: '1000', monthly_cap: { amount: 200, currency: 'usd' } };
    await consent(cap);
    const first = await begin();
    await pay(String(first?.id));
    const at = later(START, { ms: 1 });
    await hear(own.ledger, { id: String(first?.id) }, { said: 'refunded', amount: 100, at });
    await consent(cap, later(START, { seconds: 1 }));
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ spent: usd(100) });
    await pay(String((await begin(later(START, { seconds: 2 })))?.id));
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ spent: usd(200) });
    expect(await begin(later(START, { seconds: 3 }))).toBeUndefined();
  });
});

describe('a consent', () => {
  const withPrice = async (patch: object, work: (other: typeof own.ledger) => Promise<void>) => {
    const other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
    const tiny = { credits: '20', price: { amount: 100, currency: 'usd' }, ...patch };
    await other.usePolicy(policyWith({ packages: { tiny } }), START);
    await work(other).finally(() => other.close());
  };

  test.each<[string, { price?: { amount: number; currency: string }; credits?: string }]>([
    ['a higher price', { price: { amount: 101, currency: 'usd' } }],
    ['a lower price', { price: { amount: 99, currency: 'usd' } }],
    ['fewer credits', { credits: '19' }],
    ['another currency', { price: { amount: 100, currency: 'eur' } }],
  ])(
    'is to one price: with %s nothing is charged, which is told once, until it is given anew',
    async (_what, patch) => {
      await withCard();
      const asked = { package: 'tiny', below: '1000', monthly_cap: { amount: 1000, currency: 'usd' } };
      await consent(asked);
      expect(await own.ledger.topUp(ada, START)).toMatchObject({
        price: { amount: 100, currency: 'usd' },
        blocked_by: null,
      });
      await withPrice(patch, async (other) => {
        for (let times = 0; times < 3; times += 1) {
          await other.dueTopUps(START, 1000);
          expect(await other.beginTopUp(ada, newPurchaseId(), START)).toBeUndefined();
        }
        expect(await other.topUp(ada, START)).toMatchObject({ enabled: true, blocked_by: 'price_changed' });
        expect(await told()).toEqual([['price_changed', null]]);
        expect(await other.dueTopUps(START, 1000)).not.toContain(ada);
        const cap = { amount: 1000, currency: patch.price?.currency ?? 'usd' };
        await other.putTopUp(
          ada,
          { ...CONSENT, ...asked, monthly_cap: cap },
          'user:ada',
          later(START, { ms: 1 }),
        );
        const at = later(START, { ms: 2 });
        expect(await other.beginTopUp(ada, newPurchaseId(), at)).toMatchObject({ package: 'tiny', ...patch });
      });
    },
  );

  test('to a package that is not sold any more charges nothing', async () => {
    await withCard();
    await consent({ package: 'tiny', below: '1000' });
    const other = createPostgresLedger({ url: own.url, encryptionKey: own.encryptionKey });
    await other.usePolicy(policyWith(), START);
    expect(await other.beginTopUp(ada, newPurchaseId(), START)).toBeUndefined();
    expect(await other.topUp(ada, START)).toMatchObject({ blocked_by: 'price_changed' });
    await other.close();
  });

  test('that is given anew for another package does not let the card be charged for the one before', async () => {
    await withCard();
    await consent({ package: 'tiny', below: '1000' });
    const open = await begin();
    expect(await own.ledger.topUpCustomer(String(open?.id))).toBe(`cus_${ada}`);
    await consent({ package: 'credits-100' }, later(START, { seconds: 1 }));
    expect(await own.ledger.topUpCustomer(String(open?.id))).toBeUndefined();
    await own.ledger.putTopUp(ada, null, 'user:ada', later(START, { seconds: 2 }));
    expect(await own.ledger.topUpCustomer(String(open?.id))).toBeUndefined();
  });
});

describe('what keeps a top-up from being charged', () => {
  test('is reported once a month of the cap, and shown with its end', async () => {
    await withCard();
    await consent({ package: 'tiny', below: '1000', monthly_cap: { amount: 100, currency: 'usd' } });
    await pay(String((await begin())?.id));
    const [april, may] = ['2026-04-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z'];
    for (let times = 0; times < 3; times += 1) expect(await begin()).toBeUndefined();
    expect(await told()).toEqual([['monthly_cap', april]]);
    expect(await own.ledger.topUp(ada, START)).toMatchObject({
      blocked_by: 'monthly_cap',
      blocked_until: april,
    });
    expect(await own.ledger.topUp(ada, april)).toMatchObject({ blocked_by: null, blocked_until: null });
    await pay(String((await begin(april))?.id), april);
    expect(await own.ledger.dueTopUps(april, 1000)).toContain(ada);
    for (let times = 0; times < 2; times += 1) expect(await begin(april)).toBeUndefined();
    expect(await own.ledger.dueTopUps(april, 1000)).not.toContain(ada);
    expect(await told()).toEqual([
      ['monthly_cap', april],
      ['monthly_cap', may],
    ]);
  });

  test('is reported once for a pause, at its beginning', async () => {
    await withCard();
    await consent();
    await lower('1');
    const until = later(START, { days: 1 });
    await hear(
      own.ledger,
      { id: String((await begin())?.id) },
      { said: 'failed', reason_code: 'card_declined' },
    );
    for (let times = 0; times < 2; times += 1) expect(await begin()).toBeUndefined();
    expect(await told()).toEqual([['paused', until]]);
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ blocked_by: 'paused', blocked_until: until });
  });

  test('is no debt that is paid', async () => {
    await withCard();
    await consent();
    await own.sql('INSERT INTO boon.debts VALUES ($1, 0)', [ada]);
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ blocked_by: null });
  });

  test('is reported only when a top-up is wanted', async () => {
    await withCard();
    await consent({ package: 'tiny', below: '20', monthly_cap: { amount: 100, currency: 'usd' } });
    await lower('1');
    await pay(String((await begin())?.id));
    expect(await begin()).toBeUndefined();
    expect(await told()).toEqual([]);
    expect(await own.ledger.topUp(ada, START)).toMatchObject({ blocked_by: 'monthly_cap' });
  });
});

describe('a use that was refused for lack of credits', () => {
  const want = (short: number, at = START) =>
    own.sql('SELECT boon_code.note_want_of_credits($1, $2, $3)', [[ada, 'nobody'], [short * 1e6, 5], at]);

  test('makes a top-up due though the balance is not below the sum, and one only', async () => {
    await withCard();
    await consent();
    expect(await begin()).toBeUndefined();
    await want(0);
    expect(await begin()).toBeUndefined();
    await want(0.000001);
    expect(await own.ledger.dueTopUps(START, 1000)).toContain(ada);
    expect(await own.ledger.dueTopUps(START, 1000, ada)).not.toContain(ada);
    const first = await begin();
    expect(first).toMatchObject({ kind: 'top_up' });
    await pay(String(first?.id));
    expect(await begin()).toBeUndefined();
  });

  const refused = async (units: string, more: Partial<UseRequest> = {}) => {
    const told = charge(own.ledger, ada, { units, now: START, ...more });
    await expect(told).rejects.toMatchObject({ code: 'limit_reached', reasonCode: 'no_credits' });
  };

  test('is one that was reported within five minutes, as by callers that give the moment of a use, and no later one', async () => {
    await withCard();
    await consent({}, later(START, { hours: -1 }));
    await charge(own.ledger, ada, { units: '25' });
    await refused('21', { at: later(START, { minutes: -5 }) });
    expect(await begin()).toBeUndefined();
    await refused('21', { at: later(START, { minutes: -5, ms: 1 }) });
    expect(await begin()).toMatchObject({ kind: 'top_up' });
  });

  test('wants nothing where credits that came meanwhile would pay', async () => {
    await withCard();
    await consent({}, later(START, { hours: -1 }));
    await charge(own.ledger, ada, { units: '25' });
    await refused('20', { at: later(START, { ms: -1 }) });
    expect(await begin()).toBeUndefined();
  });

  test('wants nothing where credits pay on request only, and it did not say so', async () => {
    await withCard();
    await consent();
    await charge(own.ledger, ada, { units: '25' });
    await own.ledger.putAccount(ada, { plan: 'plus', use_credits: 'ask' }, START);
    await refused('21');
    expect(await begin()).toBeUndefined();
    await refused('21', { use_credits: true });
    expect(await begin()).toMatchObject({ kind: 'top_up' });
  });

  test('of more than a package tops up once, and again when it is refused again', async () => {
    await withCard();
    await consent({ monthly_cap: { amount: 1200, currency: 'usd' } });
    for (let times = 1; times <= 3; times += 1) {
      await want(250);
      await pay(String((await begin())?.id));
      expect(await begin()).toBeUndefined();
      expect(await own.ledger.topUp(ada, START)).toMatchObject({ spent: usd(times * 400) });
    }
    await want(250);
    expect(await begin()).toBeUndefined();
    expect(await told()).toEqual([['monthly_cap', '2026-04-01T00:00:00.000Z']]);
  });

  test('is forgotten when the credits are there, after a day, and with a new consent; one of before the consent does not count', async () => {
    await withCard();
    await consent();
    await want(5, later(START, { ms: -1 }));
    expect(await begin()).toBeUndefined();
    await want(5);
    expect(await begin(later(START, { days: 1 }))).toBeUndefined();
    expect(await own.ledger.dueTopUps(later(START, { days: 1, ms: -1 }), 1000)).toContain(ada);
    await bought(own.ledger, ada, 'tiny');
    expect(await begin()).toBeUndefined();
    await want(5);
    await consent({}, later(START, { ms: 1 }));
    expect(await begin(later(START, { ms: 2 }))).toBeUndefined();
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
