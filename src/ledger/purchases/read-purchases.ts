/** Reading purchases: one, a list, those that wait for `reconcile`, and what can be bought. */

import { BoonError } from '../../contracts/errors.ts';
import type { PackageList } from '../../contracts/purchases/purchase.schema.ts';
import type { Purchase } from '../../contracts/purchases/purchase.ts';
import type { Refund } from '../../contracts/purchases/refund.ts';
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';
import { ofKnownAccount } from '../accounts/known-account.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** The function behind `Purchases.findPurchase`. */
export async function findPurchase(database: Database, id: PurchaseId): Promise<Purchase> {
  const text =
    'SELECT boon_code.with_payment(boon_code.purchase_view(p)) AS purchase FROM boon.purchases p WHERE p.id = $1';
  const row = await queryRow<{ purchase: Purchase }>(database, 'find_purchase', text, [id]);
  if (row === undefined) throw new BoonError('not_found', `There is no purchase "${id}".`);
  return toPurchase(row.purchase);
}

type Positioned = { purchase: Purchase; position: string };

/** Newest first. The sort key is the microsecond of the beginning, then the id. */
const LIST = `
  SELECT boon_code.with_payment(boon_code.purchase_view(p)) AS purchase, (extract(epoch FROM p.created_at) * 1000000)::bigint AS position FROM boon.purchases p
  WHERE p.account_id = $1 AND ($2::bigint IS NULL OR (p.created_at, p.id) < ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY p.created_at DESC, p.id DESC LIMIT $4`;

/** The function behind `Purchases.listPurchases`. */
export async function listPurchases(
  database: Database,
  accountId: AccountId,
  page: PageRequest,
): Promise<Page<Purchase>> {
  const values = [accountId, ...after(page), page.limit + 1];
  return ofKnownAccount(
    database,
    accountId,
    paged(await queryRows<Positioned>(database, 'list_purchases', LIST, values), page),
  );
}

const OPEN = `
  SELECT boon_code.with_payment(boon_code.purchase_view(p)) AS purchase, (extract(epoch FROM p.created_at) * 1000000)::bigint AS position FROM boon.purchases p
  WHERE p.status = 'open' AND p.created_at < $1
    AND ($2::bigint IS NULL OR (p.created_at, p.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY p.created_at, p.id LIMIT $4`;

/** The function behind `Purchases.openPurchases`. */
export async function openPurchases(
  database: Database,
  before: Instant,
  page: PageRequest,
): Promise<Page<Purchase>> {
  const values = [before, ...after(page), page.limit + 1];
  return paged(await queryRows<Positioned>(database, 'open_purchases', OPEN, values), page);
}

const PAID = `
  SELECT boon_code.with_payment(boon_code.purchase_view(p)) AS purchase, (extract(epoch FROM p.created_at) * 1000000)::bigint AS position FROM boon.purchases p
  WHERE p.paid_at >= $5 AND p.paid_at < $1
    AND ($2::bigint IS NULL OR (p.created_at, p.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY p.created_at, p.id LIMIT $4`;

/** The function behind `Purchases.paidPurchases`. */
export async function paidPurchases(
  database: Database,
  since: Instant,
  before: Instant,
  page: PageRequest,
): Promise<Page<Purchase>> {
  const values = [before, ...after(page), page.limit + 1, since];
  return paged(await queryRows<Positioned>(database, 'paid_purchases', PAID, values), page);
}

/** The function behind `Purchases.listPackages`. */
export async function listPackages(database: Database, version: string): Promise<PackageList> {
  const text = `SELECT package AS id, boon_code.credits(credits) AS credits, resets, json_build_object('amount', price, 'currency', currency) AS price
    FROM boon.package_rules r WHERE r.version = $1 ORDER BY r.resets, r.price, r.package`;
  const rows = await queryRows<{ id: string; credits: Credits; resets: number; price: Price }>(
    database,
    'list_packages',
    text,
    [version],
  );
  return { data: rows };
}

/** What `purchase_view` says, with times in our spelling. */
export function toPurchase(view: Purchase): Purchase {
  return {
    ...view,
    created_at: instant(view.created_at),
    expires_at: instant(view.expires_at),
    paid_at: instantOrNull(view.paid_at),
    ended_at: instantOrNull(view.ended_at),
    refunds: view.refunds.map(toRefund),
  };
}

/** What `refund_view` says, with times in our spelling. */
export function toRefund(view: Refund): Refund {
  return { ...view, created_at: instant(view.created_at), ended_at: instantOrNull(view.ended_at) };
}

function after({ cursor }: PageRequest): (string | null)[] {
  return cursor === undefined ? [null, null] : decodeCursor(cursor, [DIGITS, GIFT_ID]);
}

function paged(rows: Positioned[], { limit }: PageRequest): Page<Purchase> {
  return toPage(
    rows,
    limit,
    ({ position, purchase }) => [position, purchase.id],
    ({ purchase }) => toPurchase(purchase),
  );
}
