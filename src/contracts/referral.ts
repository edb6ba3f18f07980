/**
 * The `referral` and `rewardWindow` workflows as seen from outside: their ids, inputs, messages and results. Plain
 * JSON only; times RFC 3339 UTC. An e-mail address or a link never stands in these types: they stay in the ledger.
 */
import type { ReferralReason, ReferralStatus } from '../domain/referral-status.ts';

export const REFERRAL_WORKFLOW = 'referral';
export const REWARD_WINDOW_WORKFLOW = 'rewardWindow';

/** The workflow id of a referral: `referral/<referralId>`. */
export function referralWorkflowId(referralId: string): string {
  return `referral/${referralId}`;
}

/** The workflow id of an account's billing month: `reward-window/<accountId>/<month>`, the month by its first day. */
export function rewardWindowWorkflowId(accountId: string, month: string): string {
  return `reward-window/${accountId}/${month}`;
}

/** A reward that was given: to whom, and what. */
export type GivenReward = {
  recipient: 'referrer' | 'friend';
  account_id: string;
  resets: number;
  credits: string;
};

/** A referral as the ledger tells it. */
export type Referral = {
  id: string;
  program: string;
  status: ReferralStatus;
  referrer_id: string;
  /** The friend's account, once it came by the link. */
  friend_id: string | null;
  prompts_seen: number;
  prompts_required: number;
  reason_code: ReferralReason | null;
  /** The reason in words. */
  detail: string | null;
  /** What an operator wrote. */
  reason: string | null;
  /** What is missing, in words for the referrer. */
  next_step: string;
  created_at: string;
  expires_at: string;
  joined_at: string | null;
  qualified_at: string | null;
  rewarded_at: string | null;
  /** The reward was over the month's cap and is claimed again at this moment. */
  deferred_until: string | null;
  ended_at: string | null;
  rewards: GivenReward[];
  policy_version: string;
};

/** One account's billing month, for one program. */
export type RewardWindow = {
  account_id: string;
  program: string;
  /** The day the month begins on, as in `2026-02-28`. */
  month: string;
  starts_at: string;
  ends_at: string;
  /** How many rewards the month may hold, and the ids of the referrals that have one. */
  cap: number;
  claimed: string[];
};
