/**
 * Invoices and the `billingCycle` workflow as seen from outside: one for each organisation and billing month in which
 * uses of its members were charged to it. Plain JSON only; times RFC 3339 UTC, amounts decimal strings of credits, money
 * whole units of the currency's smallest coin.
 */
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, InvoiceId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';
import type { RefusedRequest } from '../refused-request.ts';

export const BILLING_CYCLE_WORKFLOW = 'billingCycle';

/** The workflow id of a billing month: `billing-cycle/<orgId>/<month>`, the month by its first day. */
export function billingCycleWorkflowId(orgId: AccountId, month: string): string {
  return `billing-cycle/${orgId}/${month}`;
}

/** Of one that is `credited` in whole, or `void`, nothing is owed any more. */
export const INVOICE_STATUSES = ['open', 'paid', 'credited', 'void'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** A credit note takes a part off an open invoice; voiding it, all that is still open. */
export const INVOICE_CORRECTION_KINDS = ['credit', 'void'] as const;
export type InvoiceCorrectionKind = (typeof INVOICE_CORRECTION_KINDS)[number];

export const INVOICE_NOTICES = ['sent', 'refused', 'no_address', 'mail_off', 'failed'] as const;
/** What happened to the mail that tells of an invoice. */
export type InvoiceNotice = (typeof INVOICE_NOTICES)[number];

/** An invoice as the ledger tells it. */
export type Invoice = {
  id: InvoiceId;
  account_id: AccountId;
  /** The billing month that it is for. */
  month: { starts_at: Instant; ends_at: Instant };
  status: InvoiceStatus;
  credits: Credits;
  total: Price;
  /** What credit notes took off the total. */
  credited: Price;
  /** What is still to be paid. */
  open: Price;
  issued_at: Instant;
  due_at: Instant;
  paid_at: Instant | null;
  voided_at: Instant | null;
  /** The provider's page on which it is paid, where there is one. */
  payment_url: string | null;
  /** Null until the mail is sent or given up. */
  notice: InvoiceNotice | null;
  /** Where the provider’s invoice differs from this one; someone must fix it at the provider. */
  provider_fault: string | null;
};

/** The first day of the month of an invoice or of rewards, which names it: `2026-02-28`. */
export function firstDayOf({ month }: Pick<Invoice, 'month'>): string {
  return month.starts_at.slice(0, 10);
}

/** A correction of an invoice: `total` in its currency, `credits` what that is of its credits. */
export type InvoiceCorrection = {
  id: InvoiceId;
  invoice_id: InvoiceId;
  kind: InvoiceCorrectionKind;
  credits: Credits;
  total: Price;
  reason: string;
  at: Instant;
};

/** What one member used of one model of a product: how often, how much, and what of it is invoiced. */
export type InvoiceLine = {
  member_id: AccountId;
  product: string;
  model: string | null;
  uses: number;
  /** Of the whole uses; the plan or the pool may have paid a part of them. */
  units: string;
  credits: Credits;
  /** Its part of the invoice's total. */
  amount: Price;
};

/**
 * The provider's word that an invoice is paid. It counts only when all of it fits: the provider's invoice, the amount
 * without the tax on top, the currency and the mode.
 */
export type InvoiceNews = {
  invoice_id: InvoiceId;
  /** The provider's id of its invoice. */
  provider_id: string;
  /** Null: the provider does not say. */
  amount: number | null;
  tax?: number | undefined;
  currency: string | null;
  live?: boolean | undefined;
  key_live?: boolean | undefined;
  /** Somebody marked it as paid there. */
  by_hand?: boolean | undefined;
  /** The provider's id of the message. */
  event: string;
  at: Instant;
};

/** A billing month of an organisation, whose process is to run. */
export type BillingMonthOf = { account_id: AccountId; month: string; ends_at: Instant };

/** `refused` goes with a run that follows another. */
export type BillingCycleInput = BillingMonthOf & { refused?: RefusedRequest };

/** How the ledger has a billing month: what was charged in it so far, and its invoice once it is closed. */
export type BillingMonthStanding = {
  charged: Credits;
  invoice: Pick<Invoice, 'id' | 'status' | 'credits' | 'due_at' | 'notice'> | null;
};

/** `waiting` for the month's end; then it is closed, its money collected, its invoice mailed. */
export const BILLING_STAGES = ['waiting', 'closing', 'collecting', 'mailing', 'done'] as const;
export type BillingStage = (typeof BILLING_STAGES)[number];

/** What the process knows of its month: the answer of the query `status`. `standing` is null until the ledger was read. */
export type BillingCycleProgress = BillingMonthOf & {
  stage: BillingStage;
  standing: BillingMonthStanding | null;
};
/** What the workflow ends with. `provider` is false where an operator sees to the money. */
export type BillingCycleResult = {
  invoice_id: InvoiceId;
  credits: Credits;
  provider: boolean;
  notice: InvoiceNotice;
};
export type BillingCycleWorkflow = (input: BillingCycleInput) => Promise<BillingCycleResult>;
