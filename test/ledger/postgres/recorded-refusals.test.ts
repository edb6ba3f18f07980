/** What was refused stays refused under its key: a copy that comes late moves nothing of which its caller was told that it did not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { bought, buy, hear, newPurchaseId, paidFor } from '../../support/purchases.ts';
import { hearOfRefund, refundOf } from '../../support/refunds.ts';
import { newKey, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(BILLED);
});
afterAll(() => own.close());

let people = 0;
async function somebody(): Promise<string> {
  people += 1;
  const id = `refused-${people}`;
  await seedAccount(own.ledger, id);
  return id;
}

describe('what was refused is refused again under its key, whatever has changed since', () => {
  test('a refund of more than was left, after another has failed', async () => {
    const ada = await somebody();
    const purchase = await bought(own.ledger, ada);
    const first = (await own.ledger.beginRefund(refundOf(purchase, { amount: 200 }))).value;
    const asked = refundOf(purchase, { amount: 300 });
    await expect(own.ledger.beginRefund(asked)).rejects.toMatchObject({ code: 'over_refund' });
    await hearOfRefund(own.ledger, first, 'failed');
    await expect(own.ledger.beginRefund(asked)).rejects.toMatchObject({
      code: 'over_refund',
      replayed: true,
      errors: [{ path: 'amount.amount' }],
    });
    expect((await own.ledger.balance(ada, START)).available).toBe('100');
    await expect(own.ledger.beginRefund({ ...asked, amount: 100 })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    expect((await own.ledger.beginRefund({ ...asked, key: newKey('refund') })).value.amount.amount).toBe(300);
  });

  test('a purchase by an account that was frozen', async () => {
    const ada = await somebody();
    await own.ledger.putAccount(ada, { plan: 'plus', status: 'frozen' }, START);
    const wanted = {
      key: newKey('buy'),
      at: START,
      id: newPurchaseId(),
      account_id: ada,
      package: 'credits-100',
    };
    await expect(own.ledger.beginPurchase(wanted)).rejects.toMatchObject({ code: 'account_frozen' });
    await own.ledger.putAccount(ada, { plan: 'plus', status: 'active' }, START);
    await expect(own.ledger.beginPurchase(wanted)).rejects.toMatchObject({
      code: 'account_frozen',
      replayed: true,
    });
    expect((await own.ledger.beginPurchase({ ...wanted, key: newKey('buy') })).replayed).toBe(false);
  });

  test('a correction of a purchase that was not paid yet', async () => {
    const { id } = await buy(own.ledger, await somebody());
    const said = { key: newKey('correct'), at: START, id, refunded: 0, reason: 'seen there', said_by: 'op' };
    await expect(own.ledger.correctRefunded(said)).rejects.toMatchObject({ code: 'not_paid' });
    await hear(own.ledger, { id }, { said: 'paid', at: START });
    await expect(own.ledger.correctRefunded(said)).rejects.toMatchObject({
      code: 'not_paid',
      replayed: true,
    });
  });

  test('the closing of a case that somebody else had closed', async () => {
    const { id } = await buy(own.ledger, await somebody());
    const fits = await paidFor(own.ledger, id, { said: 'paid', payment_id: `pi_${id}` });
    const heard = await own.ledger.hearOfPayment({ ...fits, currency: 'eur' });
    const closing = {
      key: newKey('close'),
      at: START,
      id: heard?.case?.id ?? '',
      reason: 'so',
      said_by: 'op',
    };
    await own.ledger.closePaymentCase({ ...closing, key: newKey('close') });
    await expect(own.ledger.closePaymentCase(closing)).rejects.toMatchObject({ code: 'case_closed' });
    await expect(own.ledger.closePaymentCase({ ...closing, reason: 'else' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });

  test('the payment and the correction of an invoice that was void', async () => {
    await seedInvoiced(own.ledger, 'refused-firm', ['refused-member']);
    await charge(own.ledger, 'refused-member', { units: '50' });
    const closed = '2026-04-01T00:00:00.000Z';
    const month = { account_id: 'refused-firm', month: '2026-03-01' };
    const { id } = await own.ledger.closeBillingMonth(month, closed);
    const said = { at: closed, id, said_by: 'op', reason: 'so' };
    await own.ledger.correctInvoice({ ...said, key: newKey('correct'), kind: 'void' });
    const note = { ...said, key: newKey('correct'), kind: 'credit' as const, amount: 1 };
    await expect(own.ledger.correctInvoice(note)).rejects.toMatchObject({ code: 'invoice_closed' });
    await expect(own.ledger.correctInvoice({ ...note, amount: 2 })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    const payment = { at: closed, id, said_by: 'op', key: newKey('pay'), reference: 'wire' };
    await expect(own.ledger.payInvoice(payment)).rejects.toMatchObject({ code: 'invoice_closed' });
    await expect(own.ledger.payInvoice({ ...payment, reference: 'wire 2' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
  });
});

test('what was not there is looked for again under its key', async () => {
  const asked = refundOf({ id: 'pur_to_come' });
  await expect(own.ledger.beginRefund(asked)).rejects.toMatchObject({ code: 'not_found' });
  await expect(own.ledger.beginRefund({ ...asked, amount: 1 })).rejects.toMatchObject({ code: 'not_found' });
});
