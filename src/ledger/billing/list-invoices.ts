/** Lists of invoices: an organisation's, and those of all. */
import { firstDayOf, type Invoice } from '../../contracts/billing/invoice.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId } from '../../domain/ids.ts';
import { decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import { type Page, type PageRequest, toPage } from '../postgres/page.ts';
import { toInvoice } from '../postgres/rows.ts';

/** `month` as in `2026-11`: billing months that began in it. */
export type InvoiceFilter = { status?: Invoice['status'] | undefined; month?: string | undefined };

const DAY = /^\d{4}-\d\d-\d\d$/;
const ANY_ID = /^.{1,200}$/;

const OF_ONE = `
  SELECT a.id IS NOT NULL AS known, v.invoice FROM (SELECT $1::text AS id) asked LEFT JOIN boon.accounts a ON a.id = asked.id
  LEFT JOIN LATERAL (
    SELECT boon_code.invoice_view(x) AS invoice FROM boon.invoices x WHERE x.org_id = a.id AND ($2::date IS NULL OR x.month < $2)
    ORDER BY x.month DESC LIMIT $3) v ON true`;

/** The latest month first. @throws BoonError `not_found` when there is no such account. */
export async function listInvoices(
  database: Database,
  accountId: AccountId,
  page: PageRequest,
): Promise<Page<Invoice>> {
  const [month] = page.cursor === undefined ? [null] : decodeCursor(page.cursor, [DAY]);
  const rows = await queryRows<{ known: boolean; invoice: Invoice | null }>(
    database,
    'list_invoices',
    OF_ONE,
    [accountId, month, page.limit + 1],
  );
  if (rows[0]?.known !== true) throw new BoonError('not_found', `There is no account "${accountId}".`);
  const invoices = rows.flatMap(({ invoice }) => (invoice === null ? [] : [invoice]));
  return toPage(invoices, page.limit, (invoice) => [firstDayOf(toInvoice(invoice))], toInvoice);
}

type Row = { invoice: Invoice; month: string; org_id: AccountId };

/** Invoices of every organisation, the latest month first, by organisation within it. */
export async function searchInvoices(
  database: Database,
  { status, month }: InvoiceFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Invoice>> {
  const conditions: string[] = [];
  const values: unknown[] = [limit + 1];
  const value = (given: unknown) => `$${values.push(given)}`;
  if (status !== undefined) conditions.push(`v.status = ${value(status)}`);
  if (month !== undefined) {
    const first = value(`${month}-01`);
    conditions.push(`v.month >= ${first}::date AND v.month < ${first}::date + interval '1 month'`);
  }
  if (cursor !== undefined) {
    const [after, org = ''] = decodeCursor(cursor, [DAY, ANY_ID]);
    // Down the months, and up the organisations of one.
    const [day, id] = [value(after), value(org)];
    conditions.push(`v.month <= ${day}::date AND (v.month < ${day}::date OR v.org_id > ${id})`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const given = [status && 'status', month && 'month', cursor && 'cursor'].filter((name) => name);
  // Each set of conditions is a statement of its own, so that each has its plan.
  const rows = await queryRows<Row>(
    database,
    ['search_invoices', ...given].join('_'),
    `SELECT boon_code.invoice_view(v) AS invoice, v.month::text AS month, v.org_id FROM boon.invoices v ${where}
     ORDER BY v.month DESC, v.org_id LIMIT $1`,
    values,
  );
  return toPage(
    rows,
    limit,
    (row) => [row.month, row.org_id],
    ({ invoice }) => toInvoice(invoice),
  );
}
