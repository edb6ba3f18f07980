/**
 * The `referral` and `rewardWindow` workflows as seen from outside: their ids, inputs, messages and results. Plain
 * JSON only; times RFC 3339 UTC. An e-mail address or a link never stands in these types: they stay in the ledger.
 */
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ReferralReason, ReferralStatus } from '../../domain/referral-status.ts';
import type { RefusedRequest } from '../refused-request.ts';

export const REFERRAL_WORKFLOW = 'referral';
export const REWARD_WINDOW_WORKFLOW = 'rewardWindow';

/** The workflow id of a referral: `referral/<referralId>`. */
export function referralWorkflowId(referralId: ReferralId): string {
  return `referral/${referralId}`;
}

/** The referral of a workflow id; undefined when it is none of a referral's. */
export function referralIdOf(workflowId: string): string | undefined {
  return workflowId.startsWith('referral/') ? workflowId.slice('referral/'.length) : undefined;
}

/** The workflow id of an account's billing month: `reward-window/<accountId>/<month>`, the month by its first day. */
export function rewardWindowWorkflowId(accountId: AccountId, month: string): string {
  return `reward-window/${accountId}/${month}`;
}

/** The account and month of such an id; undefined when it is none. An account's id may hold a slash. */
export function rewardWindowIdOf(workflowId: string): { account_id: AccountId; month: string } | undefined {
  const [, account_id, month] = /^reward-window\/(.+)\/(\d{4}-\d{2}-\d{2})$/.exec(workflowId) ?? [];
  return account_id === undefined || month === undefined ? undefined : { account_id, month };
}

/** A reward that was given: to whom, and what. */
export type GivenReward = {
  recipient: 'referrer' | 'friend';
  account_id: AccountId;
  resets: number;
  credits: Credits;
  /** What a clawback found left of it and took back; null when there was none. */
  taken_back: { resets: number; credits: Credits } | null;
};

/** A referral as the ledger tells it. */
export type Referral = {
  id: ReferralId;
  program: string;
  status: ReferralStatus;
  referrer_id: AccountId;
  /** The friend's account, once it came by the link. */
  friend_id: AccountId | null;
  prompts_seen: number;
  prompts_required: number;
  reason_code: ReferralReason | null;
  /** The reason in words. */
  detail: string | null;
  /** What an operator wrote. */
  reason: string | null;
  /** What is missing, in words for the referrer. */
  next_step: string;
  created_at: Instant;
  expires_at: Instant;
  joined_at: Instant | null;
  qualified_at: Instant | null;
  rewarded_at: Instant | null;
  /** The reward was over the month's cap and is claimed again at this moment. */
  deferred_until: Instant | null;
  ended_at: Instant | null;
  rewards: GivenReward[];
  policy_version: string;
};

/** One account's billing month, for one program. */
export type RewardWindow = {
  account_id: AccountId;
  program: string;
  /** The day the month begins on, as in `2026-02-28`. */
  month: string;
  starts_at: Instant;
  ends_at: Instant;
  /** How many rewards the month may hold, and the ids of the referrals that have one. */
  cap: number;
  claimed: ReferralId[];
};

/** The part of a referral that changes. What is null, or no longer matters, is left out. */
export type ReferralStanding = Pick<Referral, 'status'> &
  Partial<
    Pick<
      Referral,
      'friend_id' | 'prompts_seen' | 'reason_code' | 'detail' | 'reason' | 'rewarded_at' | 'deferred_until'
    >
  >;

/** What the process knows of its referral: the answer of the query `status`. */
export type ReferralProgress = Pick<
  Referral,
  'id' | 'program' | 'referrer_id' | 'prompts_required' | 'expires_at'
> &
  ReferralStanding;

/** To whom a reward was given so far: each is told when that is. Activities of earlier versions did not say. */
export type RewardsGiven = { given?: GivenReward['recipient'][] };

/** What happened to a mail. */
export type MailOutcome = 'sent' | 'not_needed' | 'failed';

/**
 * Input of `referral`; what has been mailed is carried along when the process continues as new, and how many requests to
 * cancel were refused, with the last.
 */
export type ReferralInput = {
  referral: ReferralProgress;
  invitation?: MailOutcome;
  resent?: number;
  cancel_requests?: number;
  refused?: RefusedRequest;
};

/** What the workflow ends with. The whole referral stands in the ledger. */
export type ReferralResult = Pick<
  ReferralStanding,
  'status' | 'reason_code' | 'detail' | 'reason' | 'rewarded_at'
>;

/** The workflow itself, for typed clients. */
export type ReferralWorkflow = (input: ReferralInput) => Promise<ReferralResult>;

/** How often an invitation is mailed again at most. */
export const MOST_RESENDS = 3;

/** The changing part of a referral: as little as tells it, for it stands in every referral's history. */
export function referralStanding(referral: Referral): ReferralStanding {
  const { status, friend_id, prompts_seen, reason_code, detail, reason } = referral;
  const { rewarded_at, deferred_until } = referral;
  return {
    status,
    ...(friend_id === null ? {} : { friend_id }),
    ...(prompts_seen === 0 ? {} : { prompts_seen }),
    ...(reason_code === null ? {} : { reason_code }),
    ...(detail === null ? {} : { detail }),
    ...(reason === null ? {} : { reason }),
    ...(rewarded_at === null ? {} : { rewarded_at }),
    ...(status !== 'qualified' || deferred_until === null ? {} : { deferred_until }),
  };
}

/** Who was rewarded, where anybody was. */
export function rewardsGiven({ rewards }: Referral): RewardsGiven {
  return rewards.length === 0 ? {} : { given: rewards.map(({ recipient }) => recipient) };
}

/** What the process is told of a referral when it starts. */
export function referralProgress(referral: Referral): ReferralProgress {
  const { id, program, referrer_id, prompts_required, expires_at } = referral;
  return { id, program, referrer_id, prompts_required, expires_at, ...referralStanding(referral) };
}

/** One program's places in a billing month, as the window's process keeps them. */
export type ProgramPlaces = {
  cap: number;
  /** Ids of the referrals whose reward the ledger has banked, and of those that hold a place until it has. */
  banked: ReferralId[];
  held: ReferralId[];
};

/** Input of `rewardWindow`; `programs` is carried along when the process continues as new. */
export type RewardWindowInput = Pick<RewardWindow, 'account_id' | 'month' | 'ends_at'> & {
  programs?: Record<string, ProgramPlaces>;
  refused?: RefusedRequest;
};

/** What the process knows of its month: the answer of the query `status`, and what it ends with. */
export type RewardWindowProgress = Required<Omit<RewardWindowInput, 'refused'>> & { closed: boolean };

export type RewardWindowWorkflow = (input: RewardWindowInput) => Promise<RewardWindowProgress>;

/** Asks for a place; `cap` and `banked` are how the ledger has the month. The same referral has one place. */
export type ClaimPlace = { referral_id: ReferralId; program: string; cap: number; banked?: ReferralId[] };
export type PlaceAnswer = { granted: boolean; cap: number; taken: number };
/** Gives a place back that the ledger did not fill, or that was taken back. */
export type ReleasePlace = { referral_id: ReferralId; program: string };
/** Lets the month hold more rewards. Sent by an operator. */
export type RaiseWindowCap = { program: string; cap: number; reason: string; by?: string };
