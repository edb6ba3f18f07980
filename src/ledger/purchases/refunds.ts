/** Refunds that Boon is asked for, and what the provider makes of them. */
import { BoonError } from '../../contracts/errors.ts';
import type { Purchase } from '../../contracts/purchases/purchase.ts';
import type { RefundRequest } from '../../contracts/purchases/refund.schema.ts';
import type { Refund, RefundNews } from '../../contracts/purchases/refund.ts';
import type { PurchaseId, RefundId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { toPurchase, toRefund } from './read-purchases.ts';

export type AskedRefund = Write &
  Omit<RefundRequest, 'amount'> & {
    /** In the currency's smallest unit; left out, all that is left. A currency that is given must be the purchase's. */
    amount?: number | undefined;
    currency?: string | undefined;
    id: RefundId;
    purchase_id: PurchaseId;
    /** Who asks for it; not part of what a key stands for. */
    asked_by: string;
  };

export type RefundedCorrection = Write & {
  /** The purchase. */
  id: RefundId;
  /** As it stands at the provider, in the currency's smallest unit. */
  refunded: number;
  /** If it is given, it must be the purchase's. */
  currency?: string;
  reason: string;
  /** Who says so; not part of what a key stands for. */
  said_by: string;
};

/** No method reads a clock; refusals are BoonErrors. */
export interface Refunds {
  /**
   * Accepts a refund, and takes what is left of its share of the purchase out of the account at once. Rejects with
   * `not_paid`, `over_refund`, and with `already_spent` where it would need credits that are spent and `include_spent`
   * does not say so. Under a known key: as it stands now.
   */
  beginRefund(request: AskedRefund): Promise<Recorded<Refund>>;
  /**
   * Takes in what is said of a refund, by its own id and state, whoever made it; one that fails gives back what it took.
   * `refund` is null for one that Boon was not asked for. `changed` is false for what was known. Undefined: it is of none
   * of our payments.
   */
  hearOfRefund(
    news: RefundNews,
  ): Promise<{ refund: Refund | null; purchase: Purchase; changed: boolean } | undefined>;
  /** Corrects what the ledger believes that the provider has given back of a purchase, in all. */
  correctRefunded(correction: RefundedCorrection): Promise<Recorded<Purchase>>;
  findRefund(refundId: RefundId): Promise<Refund>;
  /** The provider's id of the payment that a refund gives back; undefined when it is not known. */
  refundedPayment(refundId: RefundId): Promise<string | undefined>;
  /** Those whose money is on its way, asked for before `before`, for `reconcile`. */
  pendingRefunds(before: Instant, page: PageRequest): Promise<Page<Refund>>;
}

export function makeRefunds(database: Database): Refunds {
  const begin = makeArrayCall<AskedRefund, { refund: Refund }>(database, {
    name: 'begin_refunds',
    text: 'SELECT i, replayed, result FROM boon_code.begin_refunds($1)',
    toRow: ({ key, at, id, asked_by, ...asked }, i) => ({
      i,
      key,
      at,
      id,
      asked_by,
      input_hash: inputHash(asked),
      ...asked,
    }),
  });
  const correct = makeArrayCall<RefundedCorrection, { purchase: Purchase }>(database, {
    name: 'correct_refunded',
    text: 'SELECT i, replayed, result FROM boon_code.correct_refunded($1)',
    toRow: ({ key, at, said_by, ...asked }, i) => ({
      i,
      key,
      at,
      said_by,
      input_hash: inputHash(asked),
      ...asked,
    }),
  });
  return {
    async correctRefunded(correction) {
      const { value, replayed } = await correct(correction);
      return { value: toPurchase(value.purchase), replayed };
    },
    async beginRefund(request) {
      const { value, replayed } = await begin(request);
      return { value: toRefund(value.refund), replayed };
    },
    async hearOfRefund(news) {
      const text = 'SELECT boon_code.hear_of_refund($1) AS heard';
      const row = await queryRow<{
        heard: { refund: Refund | null; purchase: Purchase; changed: boolean } | null;
      }>(database, 'hear_of_refund', text, [JSON.stringify(news)]);
      if (row?.heard == null) return undefined;
      const { refund, purchase, changed } = row.heard;
      return {
        refund: refund === null ? null : toRefund(refund),
        purchase: toPurchase(purchase),
        changed,
      };
    },
    async findRefund(id) {
      const text = 'SELECT boon_code.refund_view(r) AS refund FROM boon.refunds r WHERE r.id = $1';
      const row = await queryRow<{ refund: Refund }>(database, 'find_refund', text, [id]);
      if (row === undefined) throw new BoonError('not_found', `There is no refund "${id}".`);
      return toRefund(row.refund);
    },
    async refundedPayment(id) {
      const text =
        'SELECT p.payment_id FROM boon.refunds r JOIN boon.purchases p ON p.id = r.purchase_id WHERE r.id = $1';
      const row = await queryRow<{ payment_id: string | null }>(database, 'refunded_payment', text, [id]);
      return row?.payment_id ?? undefined;
    },
    async pendingRefunds(before, page) {
      const { cursor, limit } = page;
      const after = cursor === undefined ? [null, null] : decodeCursor(cursor, [DIGITS, GIFT_ID]);
      const rows = await queryRows<Positioned>(database, 'pending_refunds', PENDING, [
        before,
        ...after,
        limit + 1,
      ]);
      return toPage(
        rows,
        limit,
        ({ position, refund }) => [position, refund.id],
        ({ refund }) => toRefund(refund),
      );
    },
  };
}

type Positioned = { refund: Refund; position: string };

const PENDING = `
  SELECT boon_code.refund_view(r) AS refund, (extract(epoch FROM r.created_at) * 1000000)::bigint AS position FROM boon.refunds r
  WHERE r.status = 'pending' AND r.created_at < $1
    AND ($2::bigint IS NULL OR (r.created_at, r.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY r.created_at, r.id LIMIT $4`;
