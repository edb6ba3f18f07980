import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { keepProviderInvoice } from '../../src/activities/billing/provider-invoice.ts';
import { BILLED, seedInvoiced } from '../support/billing.ts';
import { type RecordingStripe, startRecordingStripe } from '../support/recording-stripe.ts';
import { later, newKey, openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

const CLOSED = '2026-04-01T00:00:00.000Z';
const DAYS_LATER = later(CLOSED, { days: 3 });

let own: TestLedger;
let stripe: RecordingStripe;
beforeAll(async () => {
  own = await openTestLedger(BILLED);
  stripe = await startRecordingStripe();
});
afterAll(async () => {
  await stripe.close();
  await own.close();
});

let id: string;
let firms = 0;
beforeEach(async () => {
  firms += 1;
  const org = `firm-${firms}`;
  await seedInvoiced(own.ledger, org, [`member-${firms}`]);
  await charge(own.ledger, `member-${firms}`, { units: '50' });
  await charge(own.ledger, `member-${firms}`, { units: '25', model: 'gpt-5.1' });
  id = (await own.ledger.closeBillingMonth({ account_id: org, month: '2026-03-01' }, CLOSED)).id;
  // Each invoice of these tests has an id of its own at Stripe, whose mock knows one only.
  stripe.answers.set('POST /v1/invoices', { id: twin() });
});
afterEach(() => {
  stripe.calls.length = 0;
  stripe.answers.clear();
});

const twin = () => `in_${firms}`;
const keep = (at = CLOSED, payments = stripe.payments) =>
  keepProviderInvoice({ ledger: own.ledger, payments }, id, at);
/** How Stripe has the invoice now. */
const stripeHasIt = (status: string, more: object = {}) =>
  stripe.answers.set(`GET /v1/invoices/${twin()}`, { id: twin(), status, ...more });
/** The calls that changed something there. */
const changes = () => stripe.calls.map(({ call }) => call).filter((call) => !call.startsWith('GET'));
const bodyOf = (call: string) =>
  Object.fromEntries(stripe.calls.find((one) => one.call === call)?.body ?? []);
const credit = async (amount: number) =>
  (
    await own.ledger.correctInvoice({
      key: newKey('credit'),
      at: DAYS_LATER,
      id,
      kind: 'credit',
      amount,
      said_by: 'operator',
      reason: 'ticket 1',
    })
  ).value.correction;
const voided = async () =>
  (
    await own.ledger.correctInvoice({
      key: newKey('void'),
      at: DAYS_LATER,
      id,
      kind: 'void',
      said_by: 'operator',
      reason: 'ticket 2',
    })
  ).value.correction;
const told = (correction: string) =>
  own.sql('SELECT outcome, reference FROM boon.told_corrections WHERE correction_id = $1', [correction]);
/** An invoice that Stripe collects. */
async function collected(): Promise<void> {
  stripeHasIt('draft');
  expect(await keep()).toBe(true);
  stripeHasIt('open');
  stripe.calls.length = 0;
}

describe('an invoice at Stripe', () => {
  test('is drafted with all its lines, and sent only when its id is remembered', async () => {
    stripeHasIt('draft', { hosted_invoice_url: 'https://stripe.example/draft' });
    stripe.answers.set(`POST /v1/invoices/${twin()}/finalize`, {
      hosted_invoice_url: 'https://stripe.example/1',
    });
    expect(await keep()).toBe(true);
    expect(changes()).toEqual([
      'POST /v1/customers',
      'POST /v1/invoices',
      'POST /v1/invoiceitems',
      'POST /v1/invoiceitems',
      `POST /v1/invoices/${twin()}/finalize`,
    ]);
    expect(bodyOf('POST /v1/invoices')).toMatchObject({ auto_advance: 'false', 'metadata[invoice_id]': id });
    expect(await own.ledger.findInvoice(id)).toMatchObject({
      payment_url: 'https://stripe.example/1',
      provider_fault: null,
    });
  });

  test('whose sending broke off is sent days later, not made a second time', async () => {
    stripeHasIt('draft');
    stripe.answers.set(`POST /v1/invoices/${twin()}/finalize`, 500);
    await expect(keep()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await own.ledger.invoiceAtProvider(id)).toMatchObject({ id: twin(), sent: false });
    stripe.answers.delete(`POST /v1/invoices/${twin()}/finalize`);
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(changes()).toEqual([`POST /v1/invoices/${twin()}/finalize`]);
    expect(await own.ledger.invoiceAtProvider(id)).toMatchObject({ id: twin(), sent: true });
  });

  test('that was sent, and the answer lost, is found to be sent days later', async () => {
    stripeHasIt('draft');
    stripe.answers.set(`POST /v1/invoices/${twin()}/finalize`, 500);
    await expect(keep()).rejects.toMatchObject({ code: 'unavailable' });
    stripeHasIt('open', { hosted_invoice_url: 'https://stripe.example/1' });
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(changes()).toEqual([]);
    expect((await own.ledger.findInvoice(id)).payment_url).toBe('https://stripe.example/1');
  });

  test('of which a draft was made and not remembered is drafted anew days later; that one alone is sent', async () => {
    stripe.answers.set('POST /v1/invoiceitems', 500);
    await expect(keep()).rejects.toMatchObject({ code: 'unavailable' });
    const first = stripe.calls.find(({ call }) => call === 'POST /v1/invoices')?.key;
    stripe.answers.clear();
    stripe.calls.length = 0;
    const second = `${twin()}_second`;
    stripe.answers.set('POST /v1/customers', { id: 'cus_second' });
    stripe.answers.set('POST /v1/invoices', { id: second });
    stripe.answers.set(`GET /v1/invoices/${second}`, { id: second, status: 'draft' });
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(changes().filter((call) => call.endsWith('/finalize'))).toEqual([
      `POST /v1/invoices/${second}/finalize`,
    ]);
    // A key that Stripe may still know is not sent with another customer or invoice: it would refuse that for good.
    const keys = new Map(stripe.calls.map(({ call, key }) => [call, key]));
    expect(keys.get('POST /v1/invoices')).toMatch(/:invoice:cus_second$/);
    expect(keys.get('POST /v1/invoices')).not.toBe(first);
    expect(keys.get('POST /v1/invoiceitems')).toMatch(new RegExp(`:${second}$`));
  });

  test('of which two processes made drafts at once is one: the later draft is dropped', async () => {
    const other = `${twin()}_other`;
    stripe.answers.set(`GET /v1/invoices/${other}`, { id: other, status: 'draft' });
    stripeHasIt('draft');
    const { payments } = stripe;
    const slower: typeof payments = {
      ...payments,
      async draftInvoice(invoice, email) {
        const draft = await payments.draftInvoice(invoice, email);
        await own.ledger.noteInvoiceDraft(id, other, CLOSED);
        return draft;
      },
    };
    expect(await keep(CLOSED, slower)).toBe(true);
    expect(changes().slice(-2)).toEqual([
      `POST /v1/invoices/${other}/finalize`,
      `DELETE /v1/invoices/${twin()}`,
    ]);
  });
});

describe('a correction at Stripe', () => {
  test('is a credit note on the invoice there, once however often it is sent', async () => {
    await collected();
    const note = await credit(50);
    stripe.answers.set('GET /v1/credit_notes', { data: [] });
    stripe.answers.set('POST /v1/credit_notes', 500);
    await expect(keep(DAYS_LATER)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await told(note.id)).toEqual([]);
    stripe.answers.set('POST /v1/credit_notes', { id: 'cn_1' });
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(bodyOf('POST /v1/credit_notes')).toEqual({
      invoice: twin(),
      amount: '50',
      memo: 'ticket 1',
      'metadata[correction_id]': note.id,
    });
    expect(await told(note.id)).toEqual([{ outcome: 'done', reference: 'cn_1' }]);
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(stripe.calls).toEqual([]);
  });

  test('that Stripe has already, days after the answer was lost, is not made again', async () => {
    await collected();
    const note = await credit(50);
    stripe.answers.set('GET /v1/credit_notes', {
      data: [
        { id: 'cn_other', metadata: {} },
        { id: 'cn_mine', metadata: { correction_id: note.id } },
      ],
    });
    await keep(DAYS_LATER);
    expect(changes()).toEqual([]);
    expect(await told(note.id)).toEqual([{ outcome: 'done', reference: 'cn_mine' }]);
  });

  test('voids the invoice there; one that is void there already stays so', async () => {
    await collected();
    const { id: correction } = await voided();
    expect(await keep(DAYS_LATER)).toBe(true);
    expect(changes()).toEqual([`POST /v1/invoices/${twin()}/void`]);
    expect(await told(correction)).toEqual([{ outcome: 'done', reference: null }]);
  });

  test('whose answer was lost finds the invoice void', async () => {
    await collected();
    await voided();
    stripe.answers.set(`POST /v1/invoices/${twin()}/void`, 500);
    await expect(keep(DAYS_LATER)).rejects.toMatchObject({ code: 'unavailable' });
    stripeHasIt('void');
    stripe.calls.length = 0;
    await keep(DAYS_LATER);
    expect(changes()).toEqual([]);
    expect((await own.ledger.invoiceAtProvider(id)).untold).toEqual([]);
  });

  test('that Stripe refuses, for it is paid there, is left to a person and holds up nothing', async () => {
    await collected();
    const { id: correction } = await voided();
    stripe.answers.set(`POST /v1/invoices/${twin()}/void`, 400);
    await keep(DAYS_LATER);
    const fault = `${correction}: Stripe refused: for_the_test.`;
    expect(await own.ledger.findInvoice(id)).toMatchObject({ status: 'void', provider_fault: fault });
    const { data } = await own.ledger.unfinishedBillingMonths({ limit: 1000 });
    // Its mail is all that is left to do.
    await own.ledger.noteInvoiceNotice(id, 'sent', DAYS_LATER);
    const after = await own.ledger.unfinishedBillingMonths({ limit: 1000 });
    expect(after.data).toHaveLength(data.length - 1);
  });

  test('made before Stripe had the invoice follows it', async () => {
    const note = await credit(50);
    stripeHasIt('draft');
    stripe.answers.set('GET /v1/credit_notes', { data: [] });
    await keep(DAYS_LATER);
    expect(changes().slice(-2)).toEqual([`POST /v1/invoices/${twin()}/finalize`, 'POST /v1/credit_notes']);
    expect(await told(note.id)).toMatchObject([{ outcome: 'done' }]);
  });

  test('that voids an invoice before Stripe had it keeps it from there', async () => {
    const { id: correction } = await voided();
    expect(await keep(DAYS_LATER)).toBe(false);
    expect(stripe.calls).toEqual([]);
    expect(await told(correction)).toEqual([{ outcome: 'not_there', reference: null }]);
  });

  test('that voids an invoice whose sending broke off drops the draft', async () => {
    stripeHasIt('draft');
    stripe.answers.set(`POST /v1/invoices/${twin()}/finalize`, 500);
    await expect(keep()).rejects.toMatchObject({ code: 'unavailable' });
    await voided();
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(false);
    expect(changes()).toEqual([`DELETE /v1/invoices/${twin()}`]);
  });

  test('of an invoice that Stripe would not take keeps it from there: an operator collects it', async () => {
    stripe.answers.set('POST /v1/customers', 400);
    await expect(keep()).rejects.toMatchObject({ code: 'payment_refused' });
    const note = await credit(50);
    await expect(keep(DAYS_LATER)).rejects.toMatchObject({ code: 'payment_refused' });
    expect(await told(note.id)).toEqual([{ outcome: 'not_there', reference: null }]);
    stripe.answers.delete('POST /v1/customers');
    stripe.calls.length = 0;
    expect(await keep(DAYS_LATER)).toBe(false);
    expect(stripe.calls).toEqual([]);
  });

  test('needs nobody where no provider is set up', async () => {
    const note = await credit(50);
    const nobody = { ledger: own.ledger, payments: undefined };
    expect(await keepProviderInvoice(nobody, id, DAYS_LATER)).toBe(false);
    expect(await told(note.id)).toEqual([{ outcome: 'not_there', reference: null }]);
  });
});
