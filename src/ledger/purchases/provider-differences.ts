/** How the ledger has what the payment provider has on record, and what is done about differences. */
import { BoonError } from '../../contracts/errors.ts';
import type { CaseReason, CaseStatus, PaymentCase } from '../../contracts/purchases/payment-case.ts';
import type { KeptPurchase, ProviderRecordKind } from '../../contracts/purchases/provider-records.ts';
import { parseCredits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { toCase } from './payment-cases.ts';

/** What is asked after: the provider's ids, and what its record names. */
export type AskedRecord = {
  id: string;
  payment_id?: string | undefined;
  checkout_id?: string | undefined;
  /** The purchase, or the invoice. */
  subject_id?: string | undefined;
};

/** How the ledger has it. */
export type RecordedOne = {
  /** The purchase or invoice that it is of; null: none of ours, or one that the ledger does not have. */
  subject_id: string | null;
  account_id: AccountId | null;
  /** Null: the ledger does not have it, though it may have its purchase. */
  status: string | null;
  amount: number | null;
  currency: string | null;
  /** The case that was opened for it, if any. */
  case: { id: string; status: CaseStatus } | null;
};

/** Why a lost purchase cannot be written down again. */
export type RestoreOutcome = 'restored' | 'known' | 'account_unknown' | 'consent_unknown' | 'over_cap';

export type OpenDifference = {
  kind: ProviderRecordKind;
  /** The provider's id of what differs. */
  id: string;
  subject_id: string;
  account_id: AccountId;
  reason: Extract<CaseReason, 'purchase_unknown' | 'provider_differs'>;
  payment_id?: string | undefined;
  amount: number | null;
  currency: string | null;
  wanted: Price;
  at: Instant;
};

/** No method reads a clock. */
export interface ProviderDifferences {
  /** How the ledger has each, in the order asked. */
  recorded(kind: ProviderRecordKind, asked: readonly AskedRecord[]): Promise<RecordedOne[]>;
  /** The provider's ids of what was reported to the ledger since a moment, or is open there, in order from behind `after`. */
  heardSince(
    kind: Exclude<ProviderRecordKind, 'invoice'>,
    since: Instant,
    after: string,
    limit: number,
  ): Promise<string[]>;
  /** Writes a purchase that was lost down again, ended unpaid: its payment then counts as a late one. */
  restorePurchase(
    kept: KeptPurchase,
    price: Price,
    checkoutId: string | undefined,
    at: Instant,
  ): Promise<RestoreOutcome>;
  /** Opens the case of a difference, once for ever. */
  openDifference(difference: OpenDifference): Promise<PaymentCase>;
}

const ASKED =
  'json_to_recordset($1) AS q(i int, id text, payment_id text, checkout_id text, subject_id text, key text)';
const OWN_CASE = `(SELECT json_build_object('id', c.id, 'status', c.status) FROM boon.payment_cases c WHERE c.key = q.key)`;

const RECORDED: Record<ProviderRecordKind, string> = {
  payment: `
    SELECT p.id AS subject_id, p.account_id, p.currency, CASE WHEN p.paid_at IS NOT NULL AND (
        p.payment_id = q.payment_id OR (p.payment_id IS NULL AND p.checkout_id = q.checkout_id) OR q.payment_id IS NULL) THEN 'paid' END AS status,
      p.paid::float8 AS amount, coalesce(${OWN_CASE}, (
        SELECT json_build_object('id', c.id, 'status', c.status) FROM boon.payment_cases c
        WHERE c.subject = 'purchase' AND c.subject_id = p.id AND c.status <> 'waiting'
          AND (c.payment_id = q.payment_id OR (c.payment_id IS NULL AND c.said ->> 'checkout_id' = q.checkout_id)) LIMIT 1)) AS "case"
    FROM ${ASKED} LEFT JOIN boon.purchases p
      ON p.id = coalesce(q.subject_id, (SELECT x.id FROM boon.purchases x WHERE x.payment_id = q.payment_id)) ORDER BY q.i`,
  refund: `
    SELECT p.id AS subject_id, p.account_id, p.currency, r.status::text, r.amount::float8 AS amount, ${OWN_CASE} AS "case"
    FROM ${ASKED} LEFT JOIN boon.provider_refunds r ON r.id = q.id
    LEFT JOIN boon.purchases p ON p.id = coalesce(r.purchase_id, boon_code.purchase_of_payment(q.payment_id, q.subject_id)) ORDER BY q.i`,
  dispute: `
    SELECT p.id AS subject_id, p.account_id, p.currency, d.status::text, d.amount::float8 AS amount, ${OWN_CASE} AS "case"
    FROM ${ASKED} LEFT JOIN boon.disputes d ON d.id = q.id
    LEFT JOIN boon.purchases p ON p.id = coalesce(d.purchase_id, boon_code.purchase_of_payment(q.payment_id, q.subject_id)) ORDER BY q.i`,
  invoice: `
    SELECT v.id AS subject_id, v.org_id AS account_id, v.currency, v.status::text, (v.amount - v.credited_amount)::float8 AS amount,
      coalesce(${OWN_CASE}, (SELECT json_build_object('id', c.id, 'status', c.status) FROM boon.payment_cases c
        WHERE c.key = format('invoice/%s/%s', q.subject_id, q.id))) AS "case"
    FROM ${ASKED} LEFT JOIN boon.invoices v ON v.id = q.subject_id ORDER BY q.i`,
};

const HEARD = {
  payment:
    'SELECT x.payment_id AS id FROM boon.purchases x WHERE x.paid_at >= $1 AND x.payment_id > $2 ORDER BY 1 LIMIT $3',
  refund: `SELECT x.id FROM boon.provider_refunds x WHERE (x.last_heard >= $1 OR x.status = 'pending') AND x.id > $2 ORDER BY 1 LIMIT $3`,
  dispute: `
    SELECT x.id FROM boon.disputes x
    WHERE (x.opened_at >= $1 OR x.closed_at >= $1 OR x.status = 'open') AND x.id > $2 ORDER BY 1 LIMIT $3`,
};

export function makeProviderDifferences(database: Database): ProviderDifferences {
  return {
    async recorded(kind, asked) {
      if (asked.length === 0) return [];
      const rows = asked.map((one, i) => ({ i, key: differenceKey(kind, one.id), ...one }));
      return await queryRows<RecordedOne>(database, `recorded_${kind}s`, RECORDED[kind], [
        JSON.stringify(rows),
      ]);
    },
    async heardSince(kind, since, after, limit) {
      const rows = await queryRows<{ id: string }>(database, `${kind}s_heard_since`, HEARD[kind], [
        since,
        after,
        limit,
      ]);
      return rows.map(({ id }) => id);
    },
    async restorePurchase({ credits, ...kept }, { amount, currency }, checkout_id, at) {
      const micro = String(parseCredits(credits) ?? 0n);
      const purchase = {
        ...kept,
        credits: micro,
        price: amount,
        currency: currency.toLowerCase(),
        checkout_id,
        at,
      };
      const text = 'SELECT boon_code.restore_purchase($1) AS outcome';
      const row = await queryRow<{ outcome: RestoreOutcome }>(database, 'restore_purchase', text, [
        JSON.stringify(purchase),
      ]);
      if (row === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
      return row.outcome;
    },
    async openDifference({ kind, id, ...difference }) {
      const subject = kind === 'invoice' ? 'invoice' : 'purchase';
      const asked = { ...difference, key: differenceKey(kind, id), subject, event: id };
      const text = 'SELECT boon_code.open_difference($1) AS opened';
      const row = await queryRow<{ opened: PaymentCase }>(database, 'open_difference', text, [
        JSON.stringify(asked),
      ]);
      if (row === undefined) throw new BoonError('internal', 'The ledger gave no answer.');
      return toCase(row.opened);
    },
  };
}

function differenceKey(kind: ProviderRecordKind, id: string): string {
  return `difference/${kind}/${id}`;
}
