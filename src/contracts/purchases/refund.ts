/**
 * Refunds and the `refund` workflow as seen from outside. Plain JSON only; times RFC 3339 UTC. Money is whole units of the
 * currency's smallest coin.
 */

import type { Credits } from '../../domain/credits.ts';
import type { AccountId, PurchaseId, RefundId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';
import type { RefusedRequest } from '../refused-request.ts';

export const REFUND_WORKFLOW = 'refund';

/** The workflow id of a refund: `refund/<refundId>`. */
export function refundWorkflowId(refundId: RefundId): string {
  return `refund/${refundId}`;
}

export const REFUND_STATUSES = ['pending', 'succeeded', 'failed'] as const;
/** `pending`: taken out of the account, its money on its way; `failed`: given back to the account. */
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** A refund as the ledger tells it. */
export type Refund = {
  id: RefundId;
  purchase_id: PurchaseId;
  account_id: AccountId;
  status: RefundStatus;
  amount: Price;
  /** What the operator wrote; null for an end user. */
  reason: string | null;
  /** What the account lost by it, and what it owes because it had spent it. */
  taken_back: { credits: Credits; resets: number };
  owed: Credits;
  created_at: Instant;
  ended_at: Instant | null;
  /** Why it failed, in the provider's word. */
  reason_code: string | null;
};

/** What the process needs to know of its refund. */
export type RefundProgress = Pick<
  Refund,
  'id' | 'purchase_id' | 'account_id' | 'status' | 'created_at' | 'reason_code'
> &
  Price;

/** What the process knows of a refund. */
export function refundProgress(refund: Refund): RefundProgress {
  const { id, purchase_id, account_id, status, created_at, reason_code } = refund;
  const { amount, currency } = refund.amount;
  return { id, purchase_id, account_id, status, amount, currency, created_at, reason_code };
}

/** What is left out but the refund goes with a run that follows another: how often the bank was asked, and when again. */
export type RefundInput = {
  refund: RefundProgress;
  asked?: number;
  ask_at?: Instant;
  refused?: RefusedRequest;
  /** The run before was woken, and had not looked at the ledger yet. */
  woken?: boolean;
};
/** What the workflow ends with. */
export type RefundResult = { status: RefundStatus; reason_code?: string };
export type RefundWorkflow = (input: RefundInput) => Promise<RefundResult>;

/** What is said of a refund: a state, never a step, so that hearing it twice, or late, changes nothing. */
export type RefundNews = {
  /** The one that Boon was asked for; left out for one that was made at the provider. */
  refund_id?: RefundId | undefined;
  status: RefundStatus;
  /** The provider's id of it; left out when the provider would not make it. */
  provider_id?: string | undefined;
  /** The payment that it gives back, and the purchase where the provider names it. */
  payment_id?: string | undefined;
  purchase_id?: PurchaseId | undefined;
  amount?: number | undefined;
  /** Why it failed. */
  reason_code?: string | undefined;
  /** The provider's id of the message, for the record. */
  event?: string | undefined;
  /** When it was made, and when this was said, by the provider's clock. */
  made_at?: Instant | undefined;
  said_at?: Instant | undefined;
  /** When it was heard. */
  at: Instant;
};

/** How often a bank that has not answered is asked after, and how often at most; the provider's message counts after that too. */
export const REFUND_ASK_AGAIN_MS = 86_400_000;
export const REFUND_ASK_AT_MOST = 60;
/** So long after it was asked for its process has asked for the last time. */
export const REFUND_ASKED_AFTER_FOR_MS = REFUND_ASK_AGAIN_MS * (REFUND_ASK_AT_MOST - 1);
