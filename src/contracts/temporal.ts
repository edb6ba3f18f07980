/** Names that workers, clients and operators share: task queue, search attributes, schedules. */
import type { DutyReports } from './stuck-item.ts';

export const TASK_QUEUE = 'boon';

/** Search attributes, registered at start. `BoonStatus` is set only in exceptional states (see docs/operating). */
export const SEARCH_ATTRIBUTES = {
  BoonAccount: 'KEYWORD_LIST',
  BoonStatus: 'KEYWORD',
  BoonProgram: 'KEYWORD',
  BoonCredits: 'DOUBLE',
} as const;

export const SCHEDULES = { reconcile: 'boon-reconcile', expiry: 'boon-expiry' } as const;
/** Kept only where gifts have no workflows of their own: `BOON_GIFT_PROCESSES=batched`. */
export const SETTLEMENT_SCHEDULE = 'boon-settlement';
export const SETTLEMENT_WORKFLOW = 'settlement';
export const RECONCILE_WORKFLOW = 'reconcile';
export const EXPIRY_WORKFLOW = 'expiry';

/**
 * What one run of `reconcile` did. Every gift accepted before `swept_to` was seen to have its process, or was told to be
 * started; the next run looks at younger ones only, and at a part of all open gifts, from the page `walked_to` on, for
 * processes that were lost later.
 */
export type ReconcileReport = {
  checked: number;
  started: number;
  /** Open gifts of any age that were looked at, and those of them whose process was gone. */
  lost_gifts?: LostGiftsReport;
  advanced: number;
  sealed_blocks: number;
  /** Campaigns whose process was missing. */
  campaigns_started: number;
  referrals: ReferralSweepReport;
  purchases: PurchaseSweepReport;
  /** Billing months that were charged for the first time, or whose process was missing. */
  billing_cycles_started: number;
  swept_to: string;
  /** Absent: the next run begins with the gift that is due first. */
  walked_to?: string;
  /** The same of referrals; runs of earlier versions did not tell it apart. */
  referrals_swept_to?: string;
  /** The same of paid purchases. */
  purchases_swept_to?: string;
} & Duties;
export type LostGiftsReport = { walked: number; started: number };
/** What happened to each duty: done and failed in this run, and since when the oldest stuck item waits. */
type Duties = { duties?: DutyReports };
/**
 * What one run of `reconcile` did with referrals: processes started, processes told of an end that they missed, rewards
 * that were due, and of those the ones that the ledger was asked for directly.
 */
export type ReferralSweepReport = {
  started: number;
  ended: number;
  due: number;
  paid: number;
  /** Reward windows whose process had closed before their month. */
  windows_started?: number;
} & Duties;
/** What one run of `reconcile` did with purchases and refunds: processes started that were missing, and top-ups begun. */
export type PurchaseSweepReport = {
  started: number;
  topped_up: number;
  refunds_started: number;
  /** Processes of purchases that were paid before one could begin: for their letters. */
  letters_started?: number;
} & Duties;
/**
 * What one run of `settlement` did with quiet gifts that were due: those that settled (others are held, or came back), those
 * that could not be advanced and have workflows of their own now, and since when the one has been due that waits for longest.
 */
export type SettlementReport = { settled: number; failed: number; oldest_due: string | null } & Duties;
/** The same of one part of the senders. */
export type Settled = SettlementReport;
/** What one run of `expiry` did to credits, invitations, banked resets and old usage, and about resets that expire soon. */
export type ExpiryReport = {
  lots_expired: number;
  credits_expired: string;
  invitations_expired: number;
} & ResetSweepReport &
  UsageReport &
  ReminderReport &
  CreditReminderReport &
  Partial<LetterReport>;
/** `resets_redeemed`: at their last moment. `resets_returned`: those that a window's natural end made useless. */
export type ResetSweepReport = {
  resets_redeemed: number;
  resets_expired: number;
  resets_returned: number;
} & Duties;
/** Months of uses that are kept no longer. */
export type UsageReport = { usage_months_dropped: number } & Duties;
/** Reminders that failed are tried again by the next runs, unless the address was refused. */
export type CreditReminderReport = {
  credit_reminders_sent: number;
  credit_reminders_failed: number;
} & Duties;
/** Letters that no process sent. Those that failed are tried again, unless the address was refused; after a day they are given up. */
export type LetterReport = {
  letters_sent: number;
  letters_failed: number;
  letters_given_up: number;
} & Duties;
/** The same of reminders of resets. */
export type ReminderReport = { reminders_sent: number; reminders_failed: number } & Duties;
