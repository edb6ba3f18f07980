import { afterAll, beforeAll, expect, test } from 'vitest';
import { bought, CONSENT, hear, usd } from '../../support/purchases.ts';
import { askRefund, hearOfRefund } from '../../support/refunds.ts';
import { later, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, person } from '../../support/value-back.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(ONE_CREDIT_PLAN);
});
afterAll(() => own.close());

const second = (n: number) => later(START, { seconds: n });
type Word = { status: 'open' | 'won' | 'lost'; said_at?: string; amount?: number; payment_id?: string };
const dispute = (purchase: { id: string }, word: Word) =>
  hear(own.ledger, purchase, { said: 'disputed', dispute_id: `dp_${purchase.id}`, amount: 400, ...word });
const available = async (id: string) => (await own.ledger.balance(id, START)).available;

test('a dispute that was lost and is won after all gives back what it took', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada);
  await dispute(purchase, { status: 'open', said_at: second(1) });
  expect(await dispute(purchase, { status: 'lost', said_at: second(2) })).toMatchObject({
    status: 'refunded',
  });
  expect(await dispute(purchase, { status: 'won', said_at: second(3) })).toMatchObject({ status: 'paid' });
  expect(await available(ada)).toBe('100');
  // An older message that comes late changes nothing.
  await dispute(purchase, { status: 'lost', said_at: second(2) });
  await dispute(purchase, { status: 'open', said_at: second(4) });
  expect(await available(ada)).toBe('100');
});

test('a dispute whose amount changes takes as much as it is of now', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada);
  await dispute(purchase, { status: 'open', said_at: second(1), amount: 400 });
  expect(await dispute(purchase, { status: 'open', said_at: second(3), amount: 100 })).toMatchObject({
    disputed: usd(100),
  });
  expect(await available(ada)).toBe('75');
  await dispute(purchase, { status: 'open', said_at: second(2), amount: 200 });
  expect(await available(ada)).toBe('75');
  expect(await dispute(purchase, { status: 'lost', said_at: second(4), amount: 200 })).toMatchObject({
    disputed: usd(200),
  });
  expect(await available(ada)).toBe('50');
});

test('a dispute is of the payment it was first reported for, whatever a later message names', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada);
  await dispute(purchase, { status: 'open', payment_id: `pi_${purchase.id}` });
  await dispute(purchase, { status: 'won', payment_id: 'pi_another' });
  expect(await available(ada)).toBe('100');
});

test('what was said of another payment does not count once it is known which one paid', async () => {
  const ada = await person(own.ledger);
  const purchase = await bought(own.ledger, ada);
  await own.sql('UPDATE boon.purchases SET payment_id = NULL WHERE id = $1', [purchase.id]);
  await dispute(purchase, { status: 'open', payment_id: 'pi_another' });
  await hear(own.ledger, purchase, { said: 'refunded', amount: 100, payment_id: 'pi_another' });
  expect(await available(ada)).toBe('0');
  await hear(own.ledger, purchase, { said: 'paid', payment_id: `pi_${purchase.id}` });
  expect(await available(ada)).toBe('100');
});

test('a dispute of a top-up that is won does not end a consent that was given anew', async () => {
  const ada = await person(own.ledger);
  const card = await bought(own.ledger, ada, 'credits-100', { save_card: true });
  await askRefund(own.ledger, card);
  await own.ledger.putTopUp(ada, CONSENT, 'ada', START);
  const topUp = await own.ledger.beginTopUp(ada, `pur_top_up_${ada}`, START);
  if (topUp === undefined) throw new Error('No top-up was due');
  await hear(own.ledger, topUp, { said: 'paid', payment_id: `pi_${topUp.id}` });
  await dispute(topUp, { status: 'open' });
  expect(await own.ledger.topUp(ada, START)).toMatchObject({ enabled: false });
  await own.ledger.putTopUp(ada, CONSENT, 'ada', START);
  await dispute(topUp, { status: 'won' });
  expect(await own.ledger.topUp(ada, START)).toMatchObject({ enabled: true });
});

test('that a refund could not be made is not believed of one that the provider has', async () => {
  const ada = await person(own.ledger);
  const refund = await askRefund(own.ledger, await bought(own.ledger, ada));
  await hearOfRefund(own.ledger, refund, 'succeeded');
  expect(await hearOfRefund(own.ledger, refund, 'failed', { provider_id: undefined })).toMatchObject({
    status: 'succeeded',
  });
  expect(await available(ada)).toBe('0');
  expect(await hearOfRefund(own.ledger, refund, 'failed')).toMatchObject({ status: 'failed' });
  expect(await available(ada)).toBe('100');
});

test('a refund object that names a refund which has another object is of what its payment paid', async () => {
  const ada = await person(own.ledger);
  const [first, second] = [await bought(own.ledger, ada), await bought(own.ledger, ada)];
  const refund = await askRefund(own.ledger, first);
  await hearOfRefund(own.ledger, refund, 'succeeded');
  const other = { provider_id: 're_another', payment_id: `pi_${second.id}`, amount: 100 };
  await own.ledger.hearOfRefund({ at: START, refund_id: refund.id, status: 'succeeded', ...other });
  expect(await own.ledger.findPurchase(second.id)).toMatchObject({ refunded: usd(100) });
  expect(await available(ada)).toBe('75');
});
