/** Stuck items: what a duty of the schedules could not do, put aside until its next try. Times RFC 3339 UTC. */
import type { Instant } from '../domain/instant.ts';

/** What is tried, by the name of the duty that tries it. */
export const STUCK_DUTIES = {
  gift_starts: 'start the process of a gift',
  lost_gifts: 'start the process of a gift anew',
  gift_ends: 'end a gift that is overdue',
  settlements: 'settle a gift that is due',
  referrals: 'start or tell the process of a referral',
  rewards: 'give the reward of a referral',
  reward_windows: 'start the process of a reward window',
  purchases: 'start the process of a purchase',
  refunds: 'start the process of a refund',
  top_ups: 'begin a top-up',
  sealing: 'seal what was posted',
  campaigns: 'wake a campaign',
  billing_cycles: 'start the process of a billing month',
  lots: 'post the expiry of credits',
  invitations: 'end an invitation that ran out',
  redemptions: 'redeem a reset at its last moment',
  reset_expiries: 'post the expiry of a reset',
  reset_returns: 'return a reset that was of no use',
  usage_months: 'tend the months of usage',
  letters: 'mail a letter',
  reset_reminders: 'mail a reminder of resets',
  credit_reminders: 'mail a reminder of credits',
} as const;
export type StuckDuty = keyof typeof STUCK_DUTIES;

/** In place of an item's id: the whole duty failed, its query say. It is tried again at each run. */
export const WHOLE_DUTY = '*';

export type StuckItem = {
  /** Of the stuck item itself; the same each time it gets stuck. */
  id: string;
  what: StuckDuty;
  /** The id of what it is about, or {@link WHOLE_DUTY}. */
  item: string;
  since: Instant;
  tried_at: Instant;
  tries: number;
  last_error: string;
  /** Until then it is left out. */
  next_try_at: Instant;
};

/** How many items are stuck, of one duty, and since when. */
export type StuckCount = { what: StuckDuty; count: number; oldest: Instant };

/**
 * What a run made of a duty: items done and failed in this run, since when the oldest stuck one waits, and why the whole
 * duty failed, if it did.
 */
export type DutyReport = { done: number; failed: number; oldest: Instant | null; error?: string };
export type DutyReports = Partial<Record<StuckDuty, DutyReport>>;

/** A number that an activity answers with what happened to its duties; those of earlier versions answer the number alone. */
export type Counted = { count: number; duties: DutyReports };

/** Whether anything of it failed in this run. */
export function dutyFailed({ failed, error }: DutyReport): boolean {
  return failed > 0 || error !== undefined;
}

/** `start the process of a gift: 3 done, 1 failed (the oldest since 2026-06-11T09:00:00.000Z)`. */
export function dutyLine(what: string, { done, failed, oldest, error }: DutyReport): string {
  const since = oldest === null ? '' : `; the oldest stuck since ${oldest}`;
  const why = error === undefined ? '' : `; could not be done: ${error}`;
  return `${STUCK_DUTIES[what as StuckDuty] ?? what}: ${done} done, ${failed} failed${since}${why}`;
}
