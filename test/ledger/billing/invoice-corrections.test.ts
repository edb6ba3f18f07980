import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CorrectionRequest } from '../../../src/ledger/billing/invoice-corrections.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { later, newKey, openTestLedger, type TestLedger } from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

const CLOSED = '2026-04-01T00:00:00.000Z';
const AT = '2026-04-03T10:00:00.000Z';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(BILLED);
});
afterAll(() => own.close());

let firms = 0;
/** The id of an open invoice over so many credits, each of four cents, and its organisation. */
async function invoiced(units: string): Promise<{ id: string; org: string }> {
  firms += 1;
  const org = `firm-${firms}`;
  await seedInvoiced(own.ledger, org, [`member-${firms}`]);
  await charge(own.ledger, `member-${firms}`, { units });
  return {
    id: (await own.ledger.closeBillingMonth({ account_id: org, month: '2026-03-01' }, CLOSED)).id,
    org,
  };
}
type Said = { key?: string; at?: string; reason?: string };
const said = (id: string, { key = newKey('correct'), at = AT, reason = 'ticket 1' }: Said) => ({
  key,
  at,
  id,
  said_by: 'operator',
  reason,
});
const correct = async (request: CorrectionRequest) => (await own.ledger.correctInvoice(request)).value;
const credit = (id: string, amount: number, more: Said = {}) =>
  correct({ ...said(id, more), kind: 'credit', amount });
const voided = (id: string, more: Said = {}) => correct({ ...said(id, more), kind: 'void' });
const pay = (id: string, key = newKey('pay')) =>
  own.ledger.payInvoice({ key, at: AT, id, said_by: 'operator', reference: 'wire' });
const closed = (reason_code: string) => ({ code: 'invoice_closed', reasonCode: reason_code });
/** What of the organisation's charges is still owed, in micro-credits, by the transfers alone. */
async function receivable({ id, org }: { id: string; org: string }): Promise<number> {
  const [row] = await own.sql(
    `SELECT coalesce(sum(CASE debit_account WHEN 'boon:receivable' THEN amount ELSE -amount END), 0)::int AS owed FROM boon.transfers
     WHERE reference = $1 OR reference IN (SELECT id FROM boon.invoice_corrections WHERE invoice_id = $1)
       OR seq IN (SELECT transfer FROM boon.charges WHERE org_id = $2)`,
    [id, org],
  );
  return Number(row?.owed);
}

describe('a credit note', () => {
  test('takes its part off what is open and receivable; lines and total stay', async () => {
    const invoice = await invoiced('50');
    const before = await own.ledger.findInvoice(invoice.id);
    const { correction, invoice: after } = await credit(invoice.id, 50, { reason: 'goodwill' });
    expect(correction).toEqual({
      id: `crn_${invoice.id.slice(4)}_1`,
      invoice_id: invoice.id,
      kind: 'credit',
      credits: '12.5',
      total: { amount: 50, currency: 'usd' },
      reason: 'goodwill',
      at: AT,
    });
    expect(after).toMatchObject({
      status: 'open',
      credits: '50',
      total: { amount: 200 },
      credited: { amount: 50, currency: 'usd' },
      open: { amount: 150, currency: 'usd' },
    });
    const found = await own.ledger.findInvoice(invoice.id);
    expect(found.lines).toEqual(before.lines);
    expect(found.corrections).toEqual([correction]);
    expect(await receivable(invoice)).toBe(37_500_000);
  });

  test('may take exactly what is open, which closes the invoice, and not a coin more', async () => {
    const invoice = await invoiced('50');
    await credit(invoice.id, 199);
    await expect(credit(invoice.id, 2)).rejects.toMatchObject({ code: 'over_open_amount' });
    expect((await credit(invoice.id, 1)).invoice).toMatchObject({ status: 'credited', open: { amount: 0 } });
    expect(await receivable(invoice)).toBe(0);
    await expect(credit(invoice.id, 1)).rejects.toMatchObject(closed('credited'));
    await expect(voided(invoice.id)).rejects.toMatchObject(closed('credited'));
    await expect(pay(invoice.id)).rejects.toMatchObject(closed('credited'));
  });

  test('of a price that was rounded up leaves no credit behind: the last coin takes the last one', async () => {
    const invoice = await invoiced('0.800001');
    const credits = [];
    for (let coin = 0; coin < 4; coin += 1) credits.push((await credit(invoice.id, 1)).correction.credits);
    expect(credits).toEqual(['0.2', '0.2', '0.2', '0.200001']);
    expect(await receivable(invoice)).toBe(0);
  });

  test('sent again under its key is the same one; with another amount it is refused', async () => {
    const invoice = await invoiced('50');
    const key = newKey('credit');
    const first = await credit(invoice.id, 10, { key });
    const again = await own.ledger.correctInvoice({
      ...said(invoice.id, { key, at: later(AT, { hours: 1 }) }),
      kind: 'credit',
      amount: 10,
    });
    expect(again).toEqual({ value: first, replayed: true });
    await expect(credit(invoice.id, 11, { key })).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    expect((await own.ledger.findInvoice(invoice.id)).open.amount).toBe(190);
  });

  test('forty at once take exactly what is open, and no more', async () => {
    const invoice = await invoiced('50');
    const tried = await Promise.allSettled(Array.from({ length: 40 }, () => credit(invoice.id, 7)));
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(28);
    expect((await own.ledger.findInvoice(invoice.id)).open.amount).toBe(4);
  });

  test('leaves the rest to be paid, and a paid invoice takes none', async () => {
    const invoice = await invoiced('50');
    await credit(invoice.id, 50);
    expect((await pay(invoice.id)).value).toMatchObject({ status: 'paid', open: { amount: 0 } });
    expect(await receivable(invoice)).toBe(0);
    await expect(credit(invoice.id, 1)).rejects.toMatchObject(closed('paid'));
    await expect(voided(invoice.id)).rejects.toMatchObject(closed('paid'));
  });
});

describe('voiding', () => {
  test('takes back all that is open, once; what was credited before stays credited', async () => {
    const invoice = await invoiced('50');
    await credit(invoice.id, 50);
    const { correction, invoice: after } = await voided(invoice.id, { reason: 'billed twice' });
    expect(correction).toMatchObject({ kind: 'void', credits: '37.5', total: { amount: 150 } });
    expect(after).toMatchObject({
      status: 'void',
      voided_at: AT,
      credited: { amount: 50 },
      open: { amount: 0 },
    });
    expect(await receivable(invoice)).toBe(0);
    await expect(voided(invoice.id)).rejects.toMatchObject(closed('void'));
    await expect(credit(invoice.id, 1)).rejects.toMatchObject(closed('void'));
    await expect(pay(invoice.id)).rejects.toMatchObject(closed('void'));
  });

  test('and paying at once: one of the two happens, the other is refused', async () => {
    for (let round = 0; round < 5; round += 1) {
      const invoice = await invoiced('50');
      const tried = await Promise.allSettled([voided(invoice.id), pay(invoice.id)]);
      expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(['void', 'paid']).toContain((await own.ledger.findInvoice(invoice.id)).status);
      expect(await receivable(invoice)).toBe(0);
    }
  });

  test('of no invoice is not found, and a closed month stays closed', async () => {
    await expect(voided('inv_none')).rejects.toMatchObject({ code: 'not_found' });
    const { id, org } = await invoiced('50');
    await voided(id);
    const again = await own.ledger.closeBillingMonth({ account_id: org, month: '2026-03-01' }, CLOSED);
    expect(again).toMatchObject({ id, status: 'void' });
  });
});

test('events report each correction, with the invoice as it is after it', async () => {
  const { id } = await invoiced('50');
  await credit(id, 50);
  await voided(id);
  const events = await own.sql(
    `SELECT type, data ->> 'status' AS status, data #>> '{open,amount}' AS open, data #>> '{correction,total,amount}' AS amount
     FROM boon.events WHERE subject = $1 ORDER BY seq`,
    [id],
  );
  expect(events).toEqual([
    { type: 'invoice.issued', status: 'open', open: '200', amount: null },
    { type: 'invoice.credited', status: 'open', open: '150', amount: '50' },
    { type: 'invoice.voided', status: 'void', open: '0', amount: '150' },
  ]);
});

describe('the provider', () => {
  const unfinished = async (org: string) =>
    (await own.ledger.unfinishedBillingMonths({ limit: 1000 })).data.some(
      ({ account_id }) => account_id === org,
    );

  test('has to be told of corrections: until then the month is not finished', async () => {
    const { id, org } = await invoiced('50');
    await own.ledger.noteInvoiceNotice(id, 'sent', AT);
    expect(await unfinished(org)).toBe(false);
    const first = (await credit(id, 50)).correction;
    const last = (await voided(id)).correction;
    expect((await own.ledger.invoiceAtProvider(id)).untold).toEqual([first, last]);
    await own.ledger.noteCorrectionTold(first.id, { outcome: 'done', reference: 'cn_1' }, AT);
    await own.ledger.noteCorrectionTold(first.id, { outcome: 'refused', reference: 'late' }, AT);
    expect(await unfinished(org)).toBe(true);
    await own.ledger.noteCorrectionTold(last.id, { outcome: 'refused', reference: 'It is paid.' }, AT);
    expect(await unfinished(org)).toBe(false);
    expect(await own.ledger.findInvoice(id)).toMatchObject({ provider_fault: `${last.id}: It is paid.` });
  });

  test('has one draft of an invoice: the first that was noted', async () => {
    const { id } = await invoiced('50');
    expect(await own.ledger.invoiceAtProvider(id)).toEqual({
      id: null,
      sent: false,
      left_out: false,
      untold: [],
    });
    expect(await own.ledger.noteInvoiceDraft(id, `in_1_${id}`, AT)).toBe(`in_1_${id}`);
    expect(await own.ledger.noteInvoiceDraft(id, `in_2_${id}`, AT)).toBe(`in_1_${id}`);
    expect(await own.ledger.invoiceAtProvider(id)).toMatchObject({ id: `in_1_${id}`, sent: false });
    await own.ledger.noteInvoiceSent(id, 'https://pay.example/1', AT);
    await own.ledger.noteInvoiceSent(id, 'https://pay.example/2', AT);
    expect(await own.ledger.invoiceAtProvider(id)).toMatchObject({ id: `in_1_${id}`, sent: true });
    expect((await own.ledger.findInvoice(id)).payment_url).toBe('https://pay.example/1');
  });

  test('that has it otherwise is noted once in the same words', async () => {
    const { id } = await invoiced('50');
    for (const what of ['evt_1: paid', 'evt_1: paid', 'evt_2: paid']) {
      await own.sql('SELECT boon_code.note_invoice_disagreement($1, $2, $3)', [id, what, AT]);
    }
    const events = await own.sql(
      `SELECT FROM boon.events WHERE subject = $1 AND type = 'invoice.provider_disagreed'`,
      [id],
    );
    expect(events).toHaveLength(2);
    expect((await own.ledger.findInvoice(id)).provider_fault).toBe('evt_2: paid');
  });
});
