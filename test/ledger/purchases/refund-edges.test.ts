/** Single lines of the rules that no other test would miss. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { available, give } from '../../support/gifts.ts';
import { bought, CONSENT, hear, newPurchaseId, usd } from '../../support/purchases.ts';
import { askRefund } from '../../support/refunds.ts';
import {
  later,
  newGiftId,
  newKey,
  openTestLedger,
  policyWith,
  START,
  seedAccount,
  type TestLedger,
} from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, person, spend } from '../../support/value-back.ts';

const POLICY = {
  ...ONE_CREDIT_PLAN,
  packages: {
    odd: { credits: '100', price: { amount: 300, currency: 'usd' } },
    'odd-resets': { resets: 7, price: { amount: 500, currency: 'usd' } },
  },
};
let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(POLICY);
});
afterAll(() => own.close());

test.each([
  ['one cent of 300', 1, '0.333333'],
  ['two cents, which would be rounded up', 2, '0.666666'],
  ['299 cents', 299, '99.666666'],
  ['all', 300, '100'],
])('the share of credits is cut to the millionth, never rounded up: %s', async (_name, amount, taken) => {
  for (const told of [true, false]) {
    const ada = await person(own.ledger);
    const purchase = await bought(own.ledger, ada, 'odd');
    if (told) await hear(own.ledger, purchase, { said: 'refunded', amount });
    else await askRefund(own.ledger, purchase, { amount });
    expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({
      taken_back: { credits: taken },
      owed: '0',
    });
  }
});

test.each([
  ['one cent of 500 for seven', 1, 1],
  ['less than half a reset over one', 100, 2],
  ['more than half a reset over one', 120, 2],
  ['a cent less than all', 499, 7],
])('the share of resets is rounded up to a whole one: %s', async (_name, amount, taken) => {
  for (const told of [true, false]) {
    const ada = await person(own.ledger);
    const purchase = await bought(own.ledger, ada, 'odd-resets');
    if (told) await hear(own.ledger, purchase, { said: 'refunded', amount });
    else await askRefund(own.ledger, purchase, { amount });
    expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({ taken_back: { resets: taken } });
  }
});

test('what is offered of the money is what takes no more than is there, to the cent', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada, 'odd');
  await spend(own.ledger, ada, 99.7);
  const offer = { errors: [{ message: 'must be at most 0, or include_spent true' }] };
  await expect(askRefund(own.ledger, purchase, { amount: 2 })).rejects.not.toMatchObject(offer);
  await expect(askRefund(own.ledger, purchase, { amount: 1 })).rejects.toMatchObject({
    code: 'already_spent',
  });
});

test('credits that expired are let go once, however many refunds in parts there are', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada);
  await spend(own.ledger, ada, 40);
  const at = later(START, { days: 365 });
  for (const [amount, debt] of [
    [100, '0'],
    [200, '0'],
    [240, '0'],
    [300, '15'],
    [400, '40'],
  ] as const) {
    await hear(own.ledger, purchase, { said: 'refunded', amount, at });
    expect(await own.ledger.balance(ada, at)).toMatchObject({ available: '0', debt });
  }
});

test('a top-up that was refunded still counts to the month’s cap', async () => {
  const ada = await person(own.ledger);
  await bought(own.ledger, ada, 'reset-1', { save_card: true });
  const consent = { ...CONSENT, monthly_cap: { amount: 400, currency: 'usd' } };
  await own.ledger.putTopUp(ada, consent, 'ada', START);
  const topUp = await own.ledger.beginTopUp(ada, newPurchaseId(), START);
  if (topUp === undefined) throw new Error('It was due');
  await hear(own.ledger, topUp, { said: 'paid', payment_id: `pi_${topUp.id}` });
  const at = later(START, { hours: 1 });
  await hear(own.ledger, topUp, { said: 'refunded', amount: 400, at: later(START, { minutes: 1 }) });
  await own.ledger.putTopUp(ada, consent, 'ada', at);
  expect(await own.ledger.topUp(ada, at)).toMatchObject({ enabled: true, spent: usd(400) });
  expect(await own.ledger.beginTopUp(ada, newPurchaseId(), at)).toBeUndefined();
  expect(await own.ledger.dueTopUps(at, 100)).not.toContain(ada);
});

test('after a part went back, what may still go without what is spent is what is left of it', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada, 'odd');
  await askRefund(own.ledger, purchase, { amount: 75 });
  await spend(own.ledger, ada, 30);
  await expect(askRefund(own.ledger, purchase)).rejects.toMatchObject({
    code: 'already_spent',
    errors: [{ message: 'must be at most 135, or include_spent true' }],
  });
  expect(await askRefund(own.ledger, purchase, { amount: 135 })).toMatchObject({ owed: '0' });
});

test('a lot that expires between two gifts of one call pays the first and not the second', async () => {
  const [ada, bob] = [await person(own.ledger), await person(own.ledger)];
  const end = later(START, { hours: 1 });
  const terms = { at: START, account_id: ada, source: 'purchased', reason: 'test', giftable: true } as const;
  await own.ledger.grant({ ...terms, key: newKey('grant'), amount: '30', expires_at: end });
  await own.ledger.grant({ ...terms, key: newKey('grant'), amount: '30', expires_at: null });
  const request = (i: number, at: string, credits: number) => {
    const who = { sender_id: ada, recipient_id: bob, payer_id: ada };
    return {
      i,
      at,
      id: newGiftId(),
      key: newKey('gift'),
      input_hash: '00',
      ...who,
      amount: credits * 1_000_000,
    };
  };
  const requests = [
    request(0, later(end, { ms: -1 }), 10),
    request(1, end, 31),
    request(2, end, 30),
    request(3, end, 1),
  ];
  const answers = await own.sql('SELECT result FROM boon_code.accept_gifts($1, $2) ORDER BY i', [
    policyWith(POLICY).version,
    JSON.stringify(requests),
  ]);
  const outcomes = answers.map(({ result }) => (result as { code?: string }).code ?? 'accepted');
  expect(outcomes).toEqual(['accepted', 'insufficient_credits', 'accepted', 'insufficient_credits']);
  await own.ledger.expireLots(end, 1_000);
  expect(await available(own.ledger, ada, end)).toBe('0');
});

test('a gift that settles at the very moment its lot expires brings credits that are good for the time of grace', async () => {
  for (const ms of [-1, 0]) {
    const bob = await person(own.ledger);
    const ada = `ada-${ms}`;
    const settles = later(START, { days: 1 });
    const expires_at = later(settles, { ms });
    await seedAccount(own.ledger, ada, { credits: '10', expires_at });
    const gift = await give(own.ledger, ada, bob, { amount: '10' });
    await own.ledger.expireLots(settles, 1_000);
    expect(await own.ledger.advanceGift(gift.id, settles)).toMatchObject({ status: 'settled' });
    const { lots } = await own.ledger.balance(bob, settles);
    expect(lots[0]).toMatchObject({ remaining: '10', expires_at: later(settles, { days: 7 }) });
  }
});
