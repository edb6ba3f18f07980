/** The states of a referral, and the closed list of reasons for which one is refused. */

/**
 * `invited`: the link waits for the friend. `joined`: the friend came by it and counts; prompts are counted. `qualified`:
 * enough prompts; the reward is on its way, or deferred. `rewarded`, `refused`, `expired`, `canceled`: the end.
 */
export const REFERRAL_STATUSES = [
  'invited',
  'joined',
  'qualified',
  'rewarded',
  'refused',
  'expired',
  'canceled',
] as const;
export type ReferralStatus = (typeof REFERRAL_STATUSES)[number];

/** Open referrals take one of the program's places and have a process. */
export const OPEN_REFERRAL_STATUSES: readonly ReferralStatus[] = ['invited', 'joined', 'qualified'];

/** Why a referral ended as `refused`, a reward that was taken back among them: the columns of the report. */
export const REFUSAL_REASONS = [
  'program_closed',
  'account_frozen',
  'self_referral',
  'same_device',
  'same_card',
  'disposable_address',
  'already_active',
  'duplicate_referral',
  'reward_cap_reached',
  'clawed_back',
  'account_full',
] as const;

/** Why a referral ended without a reward, or lost it, or part of it. */
export const REFERRAL_REASONS = [
  ...REFUSAL_REASONS,
  'not_used_in_time',
  'not_qualified_in_time',
  'canceled_by_referrer',
  'canceled_by_operator',
] as const;
export type ReferralReason = (typeof REFERRAL_REASONS)[number];
