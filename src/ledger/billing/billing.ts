/** Flexible billing: billing months that are charged, their invoices, and whether those are paid. */

import type { InvoiceWithLines } from '../../contracts/billing/invoice.schema.ts';
import type {
  BillingMonthOf,
  BillingMonthStanding,
  Invoice,
  InvoiceLine,
  InvoiceNews,
  InvoiceNotice,
} from '../../contracts/billing/invoice.ts';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId, InvoiceId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { ANY_ID, DAY, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instant, toInvoice } from '../postgres/rows.ts';
import { correctionsOf, type InvoiceCorrections, makeInvoiceCorrections } from './invoice-corrections.ts';
import { type InvoiceFilter, listInvoices, searchInvoices } from './list-invoices.ts';
import { makeProviderInvoices, type ProviderInvoices } from './provider-invoices.ts';

/** The word that the money of an invoice has come, by an operator or the provider. */
export type InvoicePayment = Write & { id: InvoiceId; said_by: string; reference: string };

/** No method reads a clock; refusals are BoonErrors. */
export interface Billing extends InvoiceCorrections, ProviderInvoices {
  /**
   * Closes a billing month that is over at `at` and writes its invoice, whose lines add up to the month's charges. One
   * that is closed answers its invoice. A use that is reported later counts in the first month after it that is not closed.
   * @throws BoonError `not_found` when nothing was charged in it; `validation_failed` when it has not ended.
   */
  closeBillingMonth(month: Omit<BillingMonthOf, 'ends_at'>, at: Instant): Promise<Invoice>;
  /** Months that are not closed, and closed ones of which not everybody was told yet, in order of organisation and month. */
  unfinishedBillingMonths(page: PageRequest): Promise<Page<BillingMonthOf>>;
  /** How a billing month stands; nothing was charged in one that the ledger does not know. */
  billingMonth(month: Omit<BillingMonthOf, 'ends_at'>): Promise<BillingMonthStanding>;
  /** Notes what happened to the mail, once. */
  noteInvoiceNotice(id: InvoiceId, notice: InvoiceNotice, at: Instant): Promise<void>;
  /** Undefined: the organisation has none. */
  invoiceAddress(id: InvoiceId): Promise<string | undefined>;
  findInvoice(id: InvoiceId): Promise<InvoiceWithLines>;
  /** The latest month first. */
  listInvoices(accountId: AccountId, page: PageRequest): Promise<Page<Invoice>>;
  /** Those of every organisation, the latest month first. */
  searchInvoices(filter: InvoiceFilter, page: PageRequest): Promise<Page<Invoice>>;
  /**
   * One that is paid already stays as it is.
   * @throws BoonError `invoice_closed` when none of it is owed any more.
   */
  payInvoice(payment: InvoicePayment): Promise<Recorded<Invoice>>;
  /**
   * Takes in the provider's word that an invoice is paid: `paid` by it, `known` before, or a `case`, since it does not fit.
   * Undefined: there is no such invoice.
   */
  hearOfInvoice(news: InvoiceNews): Promise<'paid' | 'known' | 'case' | undefined>;
}

const VIEW = 'SELECT boon_code.invoice_view(v) AS invoice FROM boon.invoices v';
const LINES = `
  SELECT l.member_id, l.product, l.model, l.uses, boon_code.credits(l.units::bigint) AS units, boon_code.credits(l.credits) AS credits,
    boon_code.coins(l.amount, v.currency) AS amount
  FROM boon.invoice_lines l JOIN boon.invoices v ON v.id = l.invoice_id WHERE l.invoice_id = $1 ORDER BY l.line`;
const UNFINISHED = `
  SELECT m.org_id AS account_id, m.month::text AS month, m.ends_at FROM (
    SELECT x.org_id, x.month, x.ends_at FROM boon.billing_months x WHERE x.closed_at IS NULL
    UNION ALL
    SELECT x.org_id, x.month, x.ends_at FROM boon.invoices v JOIN boon.billing_months x ON x.org_id = v.org_id AND x.month = v.month
    WHERE v.notice IS NULL OR v.provider_behind) m
  WHERE ($1::text IS NULL OR (m.org_id, m.month) > ($1, $2::date)) ORDER BY m.org_id, m.month LIMIT $3`;

const MONTH = `
  SELECT boon_code.credits(m.charged) AS charged, (SELECT boon_code.invoice_view(v) FROM boon.invoices v WHERE v.org_id = m.org_id AND v.month = m.month) AS invoice
  FROM boon.billing_months m WHERE m.org_id = $1 AND m.month = $2`;

export function makeBilling(database: Database, vault: AddressVault): Billing {
  const pay = makeArrayCall<InvoicePayment, { invoice: Invoice }>(database, {
    name: 'pay_invoices',
    text: 'SELECT i, replayed, result FROM boon_code.pay_invoices($1)',
    toRow: ({ key, at, ...said }, i) => ({ i, key, at, input_hash: inputHash(said), ...said }),
  });
  return {
    ...makeInvoiceCorrections(database),
    ...makeProviderInvoices(database),
    async closeBillingMonth({ account_id, month }, at) {
      const text = 'SELECT boon_code.close_billing_month($1, $2, $3) AS answer';
      const row = await queryRow<{ answer: { invoice: Invoice } | { code: ErrorCode; detail: string } }>(
        database,
        'close_billing_month',
        text,
        [account_id, month, at],
      );
      if (row === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
      if ('code' in row.answer) throw new BoonError(row.answer.code, row.answer.detail);
      return toInvoice(row.answer.invoice);
    },
    async unfinishedBillingMonths(page) {
      const after = page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [ANY_ID, DAY]);
      const values = [...after, page.limit + 1];
      const rows = await queryRows<Omit<BillingMonthOf, 'ends_at'> & { ends_at: Date }>(
        database,
        'unfinished_billing_months',
        UNFINISHED,
        values,
      );
      return toPage(
        rows,
        page.limit,
        (row) => [row.account_id, row.month],
        (row) => ({ ...row, ends_at: instant(row.ends_at) }),
      );
    },
    async billingMonth({ account_id, month }) {
      const row = await queryRow<{ charged: string; invoice: Invoice | null }>(
        database,
        'billing_month',
        MONTH,
        [account_id, month],
      );
      if (row === undefined) return { charged: '0', invoice: null };
      if (row.invoice === null) return { charged: row.charged, invoice: null };
      const { id, status, credits, due_at, notice } = toInvoice(row.invoice);
      return { charged: row.charged, invoice: { id, status, credits, due_at, notice } };
    },
    async noteInvoiceNotice(id, notice, at) {
      const text = 'SELECT boon_code.note_invoice_notice($1, $2, $3)';
      await queryRow(database, 'note_invoice_notice', text, [id, notice, at]);
    },
    async invoiceAddress(id) {
      const text = `SELECT a.email_sealed FROM boon.invoices v JOIN boon.accounts a ON a.id = v.org_id WHERE v.id = $1`;
      const row = await queryRow<{ email_sealed: Buffer | null }>(database, 'invoice_address', text, [id]);
      return row?.email_sealed == null ? undefined : vault.open(row.email_sealed);
    },
    async findInvoice(id) {
      const row = await queryRow<{ invoice: Invoice }>(database, 'find_invoice', `${VIEW} WHERE v.id = $1`, [
        id,
      ]);
      if (row === undefined) throw new BoonError('not_found', `There is no invoice "${id}".`);
      const lines = await queryRows<InvoiceLine>(database, 'invoice_lines', LINES, [id]);
      return {
        ...toInvoice(row.invoice),
        lines,
        corrections: await correctionsOf(database, id),
      };
    },
    listInvoices: (accountId, page) => listInvoices(database, accountId, page),
    searchInvoices: (filter, page) => searchInvoices(database, filter, page),
    async hearOfInvoice(news) {
      const { invoice_id: id, event } = news;
      const hash = inputHash({ id, said_by: 'stripe', reference: event });
      const text = 'SELECT boon_code.hear_of_invoice($1, $2) AS heard';
      const row = await queryRow<{ heard: 'paid' | 'known' | 'case' | null }>(
        database,
        'hear_of_invoice',
        text,
        [JSON.stringify(news), hash],
      );
      return row?.heard ?? undefined;
    },
    async payInvoice(payment) {
      const { value, replayed } = await pay(payment);
      return { value: toInvoice(value.invoice), replayed };
    },
  };
}
