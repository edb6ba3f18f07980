/**
 * Purchases and the `purchase` workflow as seen from outside. Plain JSON only; times RFC 3339 UTC. Money is whole units of
 * the currency's smallest coin.
 */
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, LotId, PurchaseId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Price } from '../../domain/policy.ts';
import type { RefusedRequest } from '../refused-request.ts';
import type { Refund } from './refund.ts';

export { coinsOf, priceText } from '../../domain/money.ts';

export const PURCHASE_WORKFLOW = 'purchase';

/** The workflow id of a purchase: `purchase/<purchaseId>`. */
export function purchaseWorkflowId(purchaseId: PurchaseId): string {
  return `purchase/${purchaseId}`;
}

export const PURCHASE_STATUSES = ['open', 'paid', 'expired', 'failed', 'refunded'] as const;
/** `expired` and `failed` were not paid; `refunded` is one whose money has gone back in full. */
export type PurchaseStatus = (typeof PURCHASE_STATUSES)[number];

export const PURCHASE_KINDS = ['checkout', 'top_up'] as const;
/** Paid by somebody on the provider's page, or by the stored card with its owner's consent. */
export type PurchaseKind = (typeof PURCHASE_KINDS)[number];

/** A purchase as the ledger tells it. */
export type Purchase = {
  id: PurchaseId;
  account_id: AccountId;
  kind: PurchaseKind;
  status: PurchaseStatus;
  package: string;
  credits: Credits;
  resets: number;
  price: Price;
  /** The provider's page where it is paid; null until that is made, and for a top-up. */
  checkout: { id: string; url: string } | null;
  /** Whether the card may be charged again, for top-ups that are consented to. */
  save_card: boolean;
  created_at: Instant;
  /** Until when it may be paid. */
  expires_at: Instant;
  paid_at: Instant | null;
  ended_at: Instant | null;
  /** Why it was not paid, where that is known. */
  reason_code: string | null;
  /** The lot that it made. */
  lot_id: LotId | null;
  /** What was paid in all, and the tax of it that came on top of the price; null until it is paid. */
  paid: Price | null;
  tax: Price | null;
  /** Of the price: what refunds have given back, what they are about to, and what disputes that are not won hold. */
  refunded: Price;
  refunding: Price;
  disputed: Price;
  /** Those that Boon was asked for, the first first. */
  refunds: Refund[];
  /** What the account lost again, and what it owes because it had spent it. */
  taken_back: { credits: Credits; resets: number };
  owed: Credits;
};

/** What the process needs to know of its purchase. */
export type PurchaseProgress = Pick<
  Purchase,
  'id' | 'account_id' | 'kind' | 'status' | 'package' | 'expires_at' | 'reason_code'
> & {
  /** The case of a payment that does not fit it, and why. */
  case?: { id: string; reason_code: string } | undefined;
};

/** What the process knows of a purchase. */
export function purchaseProgress(purchase: Purchase): PurchaseProgress {
  const { id, account_id, kind, status, package: name, expires_at, reason_code } = purchase;
  return { id, account_id, kind, status, package: name, expires_at, reason_code };
}

/** What is left out but the purchase goes with a run that follows another: how often it was asked after, and when again. */
export type PurchaseInput = {
  purchase: PurchaseProgress;
  asked?: number;
  ask_at?: Instant;
  refused?: RefusedRequest;
  /** The run before was woken, and had not looked at the ledger yet. */
  woken?: boolean;
};
/** What the workflow ends with. */
export type PurchaseResult = { status: PurchaseStatus; reason_code?: string };
export type PurchaseWorkflow = (input: PurchaseInput) => Promise<PurchaseResult>;

/**
 * What is said of a payment: always a state, never a step, so that hearing it twice, or late, changes nothing. Of a
 * refund `amount` is all that has gone back so far. What was paid counts only when all of it fits the purchase: the
 * page, the amount without the tax on top, the currency, and the mode.
 */
export type PaymentNews = {
  /** When it was heard. */
  at: Instant;
  /** The provider's id of the message, for the record. */
  event?: string | undefined;
  /** One of the two tells which purchase it is about. */
  purchase_id?: PurchaseId | undefined;
  payment_id?: string | undefined;
  /** The page that it was paid on, or that ended. */
  checkout_id?: string | undefined;
  /** Whether it is of the live mode, and whether Boon's key is; left out where there are no modes. */
  live?: boolean | undefined;
  key_live?: boolean | undefined;
} & (
  | {
      said: 'paid';
      /** All that was taken, and the tax of it on top of the price. Null: the provider does not say. */
      amount: number | null;
      tax?: number | undefined;
      currency: string | null;
      customer_id?: string | undefined;
    }
  | { said: 'expired' | 'failed'; reason_code?: string | undefined }
  | {
      said: 'refunded';
      amount: number;
      /** When the provider said so, by its clock. */
      said_at?: Instant | undefined;
      /** The charge was changed, not refunded: the amount may be less than before. */
      lowers?: boolean | undefined;
    }
  | {
      said: 'disputed';
      dispute_id: string;
      amount: number;
      status: 'open' | 'won' | 'lost';
      /** When the provider said so, by its clock: of two words on one dispute the later stands. */
      said_at?: Instant | undefined;
    }
);

/** The consent to automatic top-ups, or what is needed to give it. */
export type TopUp = {
  account_id: AccountId;
  enabled: boolean;
  card_saved: boolean;
  package: string | null;
  /** What the package cost when it was consented to: at another price nothing is charged. */
  price: Price | null;
  below: string | null;
  monthly_cap: Price | null;
  /** What this billing month's top-ups have cost; null without a consent. */
  spent: Price | null;
  consented_at: Instant | null;
  /** After a charge that failed. */
  paused_until: Instant | null;
  /** What keeps a top-up from being charged now, and until when where that is known. */
  blocked_by: TopUpBlock | null;
  blocked_until: string | null;
};

export const TOP_UP_BLOCKS = [
  'account_frozen',
  'card_required',
  'price_changed',
  'account_full',
  'paused',
  'debt',
  'monthly_cap',
] as const;
/** `price_changed`: the owner is to consent anew; `account_full`: the account has no room for the credits; `paused`: a charge failed; `monthly_cap`: the next would cost more than that. */
export type TopUpBlock = (typeof TOP_UP_BLOCKS)[number];

/** How something bought is named in mails and on the provider's page. */
export function packageText({ credits, resets }: Pick<Purchase, 'credits' | 'resets'>): string {
  if (resets === 0) return `${credits} credits`;
  return resets === 1 ? '1 banked reset' : `${resets} banked resets`;
}
