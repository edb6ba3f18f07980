/** Cases of payments that do not fit what they name: listed, shown and closed. */
import { BoonError } from '../../contracts/errors.ts';
import type { CaseStatus, PaymentCase } from '../../contracts/purchases/payment-case.ts';
import type { AccountId, PaymentCaseId } from '../../domain/ids.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

export type CaseClosing = Write & {
  id: PaymentCaseId;
  reason: string;
  /** Who says so; not part of what a key stands for. */
  said_by: string;
};
export type CaseFilter = { status?: CaseStatus | undefined; account_id?: AccountId | undefined };

export interface PaymentCases {
  /** The latest first. */
  listPaymentCases(filter: CaseFilter, page: PageRequest): Promise<Page<PaymentCase>>;
  findPaymentCase(id: PaymentCaseId): Promise<PaymentCase>;
  /** Notes that somebody has decided. Rejects with `case_closed` where that was before. */
  closePaymentCase(closing: CaseClosing): Promise<Recorded<PaymentCase>>;
}

type Positioned = { case: PaymentCase; position: string };

const LIST = `
  SELECT boon_code.case_view(c) AS case, (extract(epoch FROM c.opened_at) * 1000000)::bigint AS position FROM boon.payment_cases c
  WHERE c.status <> 'waiting' AND ($1::boon.case_status IS NULL OR c.status = $1) AND ($2::text IS NULL OR c.account_id = $2)
    AND ($3::bigint IS NULL OR (c.opened_at, c.id) < ('epoch'::timestamptz + $3 * interval '1 microsecond', $4))
  ORDER BY c.opened_at DESC, c.id DESC LIMIT $5`;

/** Makes what the ledger offers for payment cases. */
export function makePaymentCases(database: Database): PaymentCases {
  const close = makeArrayCall<CaseClosing, { case: PaymentCase }>(database, {
    name: 'close_payment_cases',
    text: 'SELECT i, replayed, result FROM boon_code.close_payment_cases($1)',
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
    async listPaymentCases({ status, account_id }, page) {
      const { cursor, limit } = page;
      const after = cursor === undefined ? [null, null] : decodeCursor(cursor, [DIGITS, GIFT_ID]);
      const values = [status ?? null, account_id ?? null, ...after, limit + 1];
      return toPage(
        await queryRows<Positioned>(database, 'list_payment_cases', LIST, values),
        limit,
        (row) => [row.position, row.case.id],
        (row) => toCase(row.case),
      );
    },
    async findPaymentCase(id) {
      const text =
        "SELECT boon_code.case_view(c) AS case FROM boon.payment_cases c WHERE c.id = $1 AND c.status <> 'waiting'";
      const row = await queryRow<{ case: PaymentCase }>(database, 'find_payment_case', text, [id]);
      if (row === undefined) throw new BoonError('not_found', `There is no case "${id}".`);
      return toCase(row.case);
    },
    async closePaymentCase(closing) {
      const { value, replayed } = await close(closing);
      return { value: toCase(value.case), replayed };
    },
  };
}

/** What `case_view` says, with times in our spelling. */
export function toCase(view: PaymentCase): PaymentCase {
  return { ...view, opened_at: instant(view.opened_at), closed_at: instantOrNull(view.closed_at) };
}
