import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstDayOf } from '../../../src/contracts/billing/invoice.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { grant, refusal } from '../../support/gifts.ts';
import { later, newKey, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';
import { charge, seedOrganisation, useRequest } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger(BILLED);
});
afterAll(() => own.close());

let firms = 0;
/** An organisation of one member, which is invoiced. */
async function firm(put: Parameters<typeof seedInvoiced>[3] = {}): Promise<{ org: string; member: string }> {
  firms += 1;
  await seedInvoiced(own.ledger, `firm-${firms}`, [`member-${firms}`], put);
  return { org: `firm-${firms}`, member: `member-${firms}` };
}
const close = (account_id: string, month: string, at: string) =>
  own.ledger.closeBillingMonth({ account_id, month }, at);
const linesOf = async (id: string) =>
  (await own.ledger.findInvoice(id)).lines.map(
    ({ member_id, product, model, uses, units, credits, amount }) =>
      [member_id, product, model, uses, units, credits, amount.amount].join(' '),
  );
const months = (org: string) =>
  own.sql(
    'SELECT month::text, charged, closed_at IS NOT NULL AS closed FROM boon.billing_months WHERE org_id = $1 ORDER BY month',
    [org],
  );

describe('a use beyond plan and pool', () => {
  test('is invoiced where the organisation is, and else refused', async () => {
    const { member } = await firm();
    expect(await charge(own.ledger, member, { units: '3' })).toMatchObject({
      charged: { plan: '0', credits: '0', invoiced: '3' },
    });
    await seedOrganisation(own.ledger, 'prepaid', ['prepaid-member']);
    await expect(charge(own.ledger, 'prepaid-member')).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
  });

  test('is paid by the pool first, then invoiced, and the member’s own credits come last', async () => {
    const { org, member } = await firm({ invoice_ceiling: '5' });
    await grant(own.ledger, org, '2');
    await grant(own.ledger, member, '10');
    const { charged, available } = await charge(own.ledger, member, { units: '8.5', id: 'split' });
    expect(charged).toEqual({ plan: '0', credits: '3.5', invoiced: '5' });
    expect(available).toBe('8.5');
    expect((await own.ledger.listUsage(member, { limit: 1 })).data[0]).toMatchObject({
      charged: { credits: '3.5', invoiced: '5' },
      lots: [{ amount: '2' }, { amount: '1.5' }],
    });
  });

  test('keeps to the member’s limit in the month that is invoiced, also when the billing day moves', async () => {
    const { org, member } = await firm();
    await own.ledger.putAccount(member, { plan: 'business', pool_limit: '5' }, START);
    await charge(own.ledger, member, { units: '3' });
    await own.ledger.putAccount(org, { plan: 'business', billing_day: 15 }, START);
    const at = '2026-03-20T00:00:00.000Z';
    await expect(charge(own.ledger, member, { units: '2.000001', at })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    await charge(own.ledger, member, { units: '2', at });
    await expect(charge(own.ledger, member, { units: '0.000001', at })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    expect(await months(org)).toMatchObject([{ month: '2026-03-01', charged: '5000000' }]);
  });

  test('of a month that is closed takes of the member’s limit in the month that it is invoiced in', async () => {
    const { org, member } = await firm();
    await own.ledger.putAccount(member, { plan: 'business', pool_limit: '5' }, START);
    await charge(own.ledger, member, { units: '1' });
    const end = '2026-04-01T00:00:00.000Z';
    await close(org, '2026-03-01', end);
    const late = { at: later(end, { hours: -1 }), now: later(end, { hours: 1 }) };
    await charge(own.ledger, member, { units: '3', ...late });
    await expect(charge(own.ledger, member, { units: '3', ...late })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    await charge(own.ledger, member, { units: '2', at: late.now });
    expect((await months(org)).map(({ charged }) => charged)).toEqual(['1000000', '5000000']);
  });

  test('fits the ceiling exactly, and one micro-credit more is refused and costs nothing', async () => {
    const { org, member } = await firm({ invoice_ceiling: '5' });
    await charge(own.ledger, member, { units: '4' });
    await expect(charge(own.ledger, member, { units: '1.000001' })).rejects.toMatchObject(
      refusal('limit_reached', 'invoice_ceiling'),
    );
    await charge(own.ledger, member, { units: '1' });
    expect(await months(org)).toEqual([{ month: '2026-03-01', charged: '5000000', closed: false }]);
  });

  test('of a member stops at the member’s limit, over pool and invoice together', async () => {
    const { org, member } = await firm();
    await own.ledger.putAccount(member, { plan: 'business', pool_limit: '5' }, START);
    await grant(own.ledger, org, '2');
    expect((await charge(own.ledger, member, { units: '3' })).charged).toMatchObject({
      credits: '2',
      invoiced: '1',
    });
    await expect(charge(own.ledger, member, { units: '3' })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    await grant(own.ledger, org, '10');
    await expect(charge(own.ledger, member, { units: '3' })).rejects.toMatchObject(
      refusal('limit_reached', 'member_limit'),
    );
    await charge(own.ledger, member, { units: '2' });
  });

  test('of a frozen organisation is not invoiced', async () => {
    const { org, member } = await firm();
    await own.ledger.putAccount(org, { plan: 'business', status: 'frozen' }, START);
    await expect(charge(own.ledger, member)).rejects.toMatchObject(refusal('limit_reached', 'no_credits'));
  });

  test('sent again is charged once and answered the same', async () => {
    const { org, member } = await firm();
    const request = useRequest(member, { units: '2' });
    const answers = await Promise.all([1, 2, 3].map(() => own.ledger.use(request)));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(answers.map(({ value }) => value.charged.invoiced)).toEqual(['2', '2', '2']);
    expect(await months(org)).toMatchObject([{ charged: '2000000' }]);
  });

  test('a hundred at once of ten members take exactly what the ceiling leaves', async () => {
    const members = Array.from({ length: 10 }, (_, n) => `crowd-${n}`);
    await seedInvoiced(own.ledger, 'crowd', members, { invoice_ceiling: '37' });
    const tried = await Promise.allSettled(
      Array.from({ length: 100 }, (_, n) => charge(own.ledger, members[n % 10] ?? '')),
    );
    expect(tried.filter(({ status }) => status === 'fulfilled')).toHaveLength(37);
    expect(await months('crowd')).toMatchObject([{ charged: '37000000' }]);
  });
});

test('only an organisation on Business, Enterprise or Edu is invoiced', async () => {
  for (const put of [
    { plan: 'business' as const },
    { plan: 'plus' as const, kind: 'organisation' as const },
  ]) {
    await expect(
      own.ledger.putAccount('not-invoiced', { ...put, billing: 'invoice' }, START),
    ).rejects.toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'billing' }],
    });
  }
  const { org } = await firm();
  await expect(own.ledger.putAccount(org, { plan: 'plus' }, START)).rejects.toMatchObject({
    errors: [{ path: 'billing' }],
  });
});

describe('the month’s end', () => {
  test('closes the month with lines that add up to its charges, to the last coin', async () => {
    await seedInvoiced(own.ledger, 'books', ['ann', 'ben'], {});
    await charge(own.ledger, 'ann', { units: '0.3' });
    await charge(own.ledger, 'ann', { units: '0.3' });
    await charge(own.ledger, 'ann', { units: '0.1', model: 'gpt-5.1' });
    await charge(own.ledger, 'ben', { units: '0.2' });
    const invoice = await close('books', '2026-03-01', '2026-04-01T00:00:00.000Z');
    expect(invoice).toMatchObject({
      account_id: 'books',
      month: { starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' },
      status: 'open',
      issued_at: '2026-04-01T00:00:00.000Z',
      due_at: '2026-04-15T00:00:00.000Z',
      paid_at: null,
      payment_url: null,
      notice: null,
    });
    const { lines } = await own.ledger.findInvoice(invoice.id);
    expect(lines.map(({ member_id, model, uses, credits }) => [member_id, model, uses, credits])).toEqual([
      ['ann', 'gpt-5.1', 1, expect.any(String)],
      ['ann', null, 2, '0.6'],
      ['ben', null, 1, '0.2'],
    ]);
    expect(lines.reduce((sum, { amount }) => sum + amount.amount, 0)).toBe(invoice.total.amount);
    expect(invoice.total).toEqual({ amount: Math.ceil(Number(invoice.credits) * 4), currency: 'usd' });
  });

  test('cannot come a millisecond early, and closing again answers the same invoice', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '25', id: 'one' });
    const early = close(org, '2026-03-01', '2026-03-31T23:59:59.999Z');
    await expect(early).rejects.toMatchObject({ code: 'validation_failed' });
    const [first, second] = await Promise.all(
      [1, 2].map(() => close(org, '2026-03-01', '2026-04-01T00:00:00.000Z')),
    );
    expect(second).toEqual(first);
    expect(first?.total).toEqual({ amount: 100, currency: 'usd' });
    expect(await linesOf(first?.id ?? '')).toEqual([`${member} codex  1 25 25 100`]);
    await expect(close(org, '2026-02-01', '2026-04-01T00:00:00.000Z')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('parts the use of the last millisecond from the use at the end itself', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '1', at: '2026-03-31T23:59:59.999Z' });
    await charge(own.ledger, member, { units: '2', at: '2026-04-01T00:00:00.000Z' });
    expect(await months(org)).toMatchObject([
      { month: '2026-03-01', charged: '1000000' },
      { month: '2026-04-01', charged: '2000000' },
    ]);
  });

  test('leaves a late use in its own month until that is closed; after it, it counts in the next', async () => {
    const { org, member } = await firm();
    const at = '2026-03-31T23:00:00.000Z';
    await charge(own.ledger, member, { units: '1', at });
    await charge(own.ledger, member, { units: '2', at, now: '2026-04-01T00:30:00.000Z' });
    const invoice = await close(org, '2026-03-01', '2026-04-01T01:00:00.000Z');
    expect(invoice.credits).toBe('3');
    await charge(own.ledger, member, { units: '4', at, now: '2026-04-01T02:00:00.000Z' });
    expect(await months(org)).toEqual([
      { month: '2026-03-01', charged: '3000000', closed: true },
      { month: '2026-04-01', charged: '4000000', closed: false },
    ]);
    expect((await own.ledger.findInvoice(invoice.id)).credits).toBe('3');
    expect((await close(org, '2026-04-01', '2026-05-01T00:00:00.000Z')).credits).toBe('4');
  });

  test.each([
    [31, '2026-02-10T00:00:00.000Z', '2026-01-31', '2026-02-28T00:00:00.000Z'],
    [31, '2026-02-28T00:00:00.000Z', '2026-02-28', '2026-03-31T00:00:00.000Z'],
    [31, '2028-02-29T00:00:00.000Z', '2028-02-29', '2028-03-31T00:00:00.000Z'],
    [30, '2028-02-28T23:59:59.999Z', '2028-01-30', '2028-02-29T00:00:00.000Z'],
    [29, '2027-02-28T00:00:00.000Z', '2027-02-28', '2027-03-29T00:00:00.000Z'],
    [31, '2026-12-31T00:00:00.000Z', '2026-12-31', '2027-01-31T00:00:00.000Z'],
  ])(
    'with billing day %i a use at %s is of the month from %s to %s',
    async (billing_day, at, month, ends_at) => {
      const { org, member } = await firm({ billing_day });
      await charge(own.ledger, member, { at });
      expect(await months(org)).toMatchObject([{ month }]);
      expect(await close(org, month, ends_at)).toMatchObject({
        ...{ month: { starts_at: `${month}T00:00:00.000Z`, ends_at }, credits: '1' },
      });
    },
  );

  test('keeps its day when the billing day moves, and the next month begins there', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '1' });
    await own.ledger.putAccount(org, { plan: 'business', billing_day: 20 }, START);
    await charge(own.ledger, member, { units: '2', at: '2026-03-25T00:00:00.000Z' });
    await charge(own.ledger, member, { units: '4', at: '2026-04-02T00:00:00.000Z' });
    expect(await months(org)).toMatchObject([
      { month: '2026-03-01', charged: '3000000' },
      { month: '2026-04-01', charged: '4000000' },
    ]);
    await expect(close(org, '2026-04-01', '2026-05-19T23:59:59.999Z')).rejects.toMatchObject(
      refusal('validation_failed'),
    );
    expect(await close(org, '2026-04-01', '2026-05-20T00:00:00.000Z')).toMatchObject({
      month: { starts_at: '2026-04-01T00:00:00.000Z', ends_at: '2026-05-20T00:00:00.000Z' },
    });
  });

  test('while members go on: every use is in exactly one of the two months', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { at: '2026-03-31T23:00:00.000Z' });
    const uses = Array.from({ length: 60 }, () =>
      charge(own.ledger, member, { at: '2026-03-31T23:30:00.000Z', now: '2026-04-01T00:00:00.000Z' }),
    );
    const invoice = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    await Promise.all(uses);
    const rows = await months(org);
    expect(rows.reduce((sum, { charged }) => sum + Number(charged), 0)).toBe(61_000_000);
    expect(String(Number(rows[0]?.charged) / 1_000_000)).toBe(invoice.credits);
  });
});

describe('an invoice', () => {
  test('is paid once, however often that is said', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '50' });
    const { id } = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    const at = '2026-04-03T00:00:00.000Z';
    const said = { key: newKey('pay'), id, at, said_by: 'operator', reference: 'wire 1' };
    expect((await own.ledger.payInvoice(said)).value).toMatchObject({ status: 'paid', paid_at: at });
    expect(await own.ledger.payInvoice({ ...said, at: later(at, { days: 1 }) })).toMatchObject({
      replayed: true,
      value: { paid_at: at },
    });
    const again = await own.ledger.payInvoice({ ...said, key: newKey('pay'), at: later(at, { days: 1 }) });
    expect(again.value.paid_at).toBe(at);
    await expect(own.ledger.payInvoice({ ...said, reference: 'wire 2' })).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    const moved = await own.sql(
      `SELECT amount FROM boon.transfers WHERE kind = 'payment' AND reference = $1`,
      [id],
    );
    expect(moved).toEqual([{ amount: '50000000' }]);
    await expect(
      own.ledger.payInvoice({ ...said, key: newKey('pay'), id: 'inv_none' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('is listed with those of other months, the latest first, page by page', async () => {
    const { org, member } = await firm();
    const ends = ['2026-04-01', '2026-05-01', '2026-06-01'];
    for (const [n, month] of ['2026-03-01', '2026-04-01', '2026-05-01'].entries()) {
      await charge(own.ledger, member, { at: `${month}T10:00:00.000Z` });
      await close(org, month, `${ends[n]}T00:00:00.000Z`);
    }
    const first = await own.ledger.listInvoices(org, { limit: 2 });
    expect(first.data.map(firstDayOf)).toEqual(['2026-05-01', '2026-04-01']);
    const second = await own.ledger.listInvoices(org, { limit: 2, cursor: first.next_cursor ?? undefined });
    expect(second.data.map(firstDayOf)).toEqual(['2026-03-01']);
    expect(second.next_cursor).toBeNull();
    await expect(own.ledger.listInvoices('nobody', { limit: 2 })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('is unfinished until it is known what happened to its mail', async () => {
    const { org, member } = await firm();
    const mine = async () => {
      const { data } = await own.ledger.unfinishedBillingMonths({ limit: 1000 });
      return data.filter(({ account_id }) => account_id === org);
    };
    await charge(own.ledger, member);
    const month = { account_id: org, month: '2026-03-01', ends_at: '2026-04-01T00:00:00.000Z' };
    expect(await mine()).toEqual([month]);
    const { id } = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    expect(await mine()).toEqual([month]);
    expect(await own.ledger.invoiceAddress(id)).toBe(`books@${org}.example`);
    await own.ledger.noteInvoiceNotice(id, 'sent', '2026-04-01T00:01:00.000Z');
    await own.ledger.noteInvoiceNotice(id, 'failed', '2026-04-01T00:02:00.000Z');
    expect(await mine()).toEqual([]);
    expect((await own.ledger.findInvoice(id)).notice).toBe('sent');
  });
});

describe('what changes in the middle of a month', () => {
  test('an organisation moves from invoice to pool and back: what was charged is invoiced, the rest is refused', async () => {
    const { org, member } = await firm({ invoice_ceiling: '6' });
    const at = (day: string) => `2026-03-${day}T00:00:00.000Z`;
    const put = (billing: 'pool' | 'invoice', day: string) =>
      own.ledger.putAccount(org, { plan: 'business', billing }, at(day));
    await charge(own.ledger, member, { units: '4', at: at('11') });
    await put('pool', '12');
    await expect(charge(own.ledger, member, { at: at('13') })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
    expect((await own.ledger.pool(org, at('13'))).invoice).toMatchObject({ charged: '4' });
    await put('invoice', '14');
    await charge(own.ledger, member, { units: '2', at: at('15') });
    // The ceiling is the month's, whatever the switch was meanwhile.
    await expect(charge(own.ledger, member, { units: '0.000001', at: at('16') })).rejects.toMatchObject(
      refusal('limit_reached', 'invoice_ceiling'),
    );
    await put('pool', '17');
    expect(await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z')).toMatchObject({ credits: '6' });
  });

  test('a member changes organisation: each is invoiced for what was used while it was theirs', async () => {
    const [first, second] = [await firm(), await firm()];
    const { member } = first;
    const join = (org_id: string | null, day: string) =>
      own.ledger.putAccount(member, { plan: 'business', org_id }, `2026-03-${day}T00:00:00.000Z`);
    await charge(own.ledger, member, { units: '3', at: '2026-03-11T00:00:00.000Z' });
    await join(second.org, '12');
    await charge(own.ledger, member, { units: '5', at: '2026-03-12T00:00:00.000Z' });
    await join(null, '13');
    await expect(charge(own.ledger, member, { at: '2026-03-13T00:00:00.000Z' })).rejects.toMatchObject(
      refusal('limit_reached', 'no_credits'),
    );
    await join(first.org, '14');
    await charge(own.ledger, member, { units: '2', at: '2026-03-14T00:00:00.000Z' });
    for (const [{ org }, credits] of [
      [first, '5'],
      [second, '5'],
    ] as const) {
      const invoice = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
      expect(invoice.credits).toBe(credits);
      expect(await linesOf(invoice.id)).toHaveLength(1);
    }
  });

  test('the billing day moves: late uses count by the months as they were, to the millisecond', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '1', at: '2026-03-10T12:00:00.000Z' });
    await own.ledger.putAccount(org, { plan: 'business', billing_day: 20 }, '2026-03-25T00:00:00.000Z');
    await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    const late = (units: string, at: string) =>
      charge(own.ledger, member, { units, at, now: '2026-04-01T00:10:00.000Z' });
    // The last millisecond of the closed month, and the first of the next: that one ends on the new day, a month later.
    await late('2', '2026-03-31T23:59:59.999Z');
    await late('4', '2026-04-01T00:00:00.000Z');
    await charge(own.ledger, member, { units: '8', at: '2026-05-19T23:59:59.999Z' });
    await charge(own.ledger, member, { units: '16', at: '2026-05-20T00:00:00.000Z' });
    expect(await months(org)).toEqual([
      { month: '2026-03-01', charged: '1000000', closed: true },
      { month: '2026-04-01', charged: '14000000', closed: false },
      { month: '2026-05-20', charged: '16000000', closed: false },
    ]);
    const view = await own.ledger.pool(org, '2026-05-19T23:59:59.999Z');
    expect(view.invoice).toMatchObject({
      month: { starts_at: '2026-04-01T00:00:00.000Z', ends_at: '2026-05-20T00:00:00.000Z' },
      charged: '14',
    });
  });

  test('a month is closed: a late use of it keeps to the ceiling of the month that it is invoiced in', async () => {
    const { org, member } = await firm({ invoice_ceiling: '5' });
    const ends = '2026-04-01T00:00:00.000Z';
    await charge(own.ledger, member, { units: '5', at: '2026-03-31T23:59:59.999Z' });
    await charge(own.ledger, member, { units: '3', at: ends });
    await close(org, '2026-03-01', ends);
    const late = { at: '2026-03-31T23:59:59.999Z', now: '2026-04-01T00:00:00.001Z' };
    await expect(charge(own.ledger, member, { units: '2.000001', ...late })).rejects.toMatchObject(
      refusal('limit_reached', 'invoice_ceiling'),
    );
    await charge(own.ledger, member, { units: '2', ...late });
    expect(await months(org)).toMatchObject([{ charged: '5000000' }, { charged: '5000000' }]);
  });
});

describe('an invoice over nothing', () => {
  test('is none: a month in which plan and pool paid all of it is not closed, listed or reported', async () => {
    const { org, member } = await firm();
    await grant(own.ledger, org, '10');
    await charge(own.ledger, member, { units: '10' });
    const { data } = await own.ledger.unfinishedBillingMonths({ limit: 1000 });
    expect(data.filter(({ account_id }) => account_id === org)).toEqual([]);
    await expect(close(org, '2026-03-01', '2026-04-01T00:00:00.000Z')).rejects.toMatchObject({
      code: 'not_found',
    });
    expect((await own.ledger.listInvoices(org, { limit: 5 })).data).toEqual([]);
  });

  test('cannot result from rounding: the least that can be charged costs a whole coin', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '0.000001' });
    const { id, total } = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    expect(total).toEqual({ amount: 1, currency: 'usd' });
    expect(await linesOf(id)).toEqual([`${member} codex  1 0.000001 0.000001 1`]);
  });

  test('is left where a credit note takes all of it', async () => {
    const { org, member } = await firm();
    await charge(own.ledger, member, { units: '0.000001' });
    const { id } = await close(org, '2026-03-01', '2026-04-01T00:00:00.000Z');
    const note = {
      key: newKey('credit'),
      id,
      at: START,
      said_by: 'operator',
      reason: 'too little to ask for',
    };
    const { invoice } = (await own.ledger.correctInvoice({ ...note, kind: 'credit', amount: 1 })).value;
    expect(invoice).toMatchObject({ status: 'credited', open: { amount: 0 } });
  });
});
