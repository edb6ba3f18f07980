/**
 * Policy: every number a rule uses. Durations are ISO 8601 strings (`PT24H`, `P14D`, `P12M`, calendar months in
 * UTC), amounts are decimal strings of credits. A policy is versioned by its content; a process keeps the
 * version it started under.
 */

/** What a screening rule says of a gift that it catches; `allow` switches the rule off. */
export type Verdict = 'allow' | 'hold' | 'deny';

/** A count and an amount that a sender may not exceed in one period (UTC calendar day or month). */
export type GiftLimit = { count: number; amount: string };

/** The screening rules (G10). Each catches one pattern and has its own reason code: its name here. */
export type ScreeningPolicy = {
  /** More than `gifts` gifts sent within `within`. */
  velocity: { verdict: Verdict; gifts: number; within: string };
  /** A sender younger than `younger_than` gives `above` credits or more. */
  new_account: { verdict: Verdict; younger_than: string; above: string };
  /** Sender and recipient share a device, card or other fingerprint. */
  shared_fingerprint: { verdict: Verdict };
  /** One recipient receives from more than `senders` different senders within `within` (resale). */
  fan_in: { verdict: Verdict; senders: number; within: string };
  /** One sender gives to more than `recipients` different recipients within `within` (resale). */
  fan_out: { verdict: Verdict; recipients: number; within: string };
  /** Credits come back to their sender directly or through one other account within `within`. */
  circle: { verdict: Verdict; within: string };
};

/** Rules of gifts. */
export type GiftPolicy = {
  /** From acceptance to settlement. */
  settlement: string;
  /** How long a claim link works. */
  claim_window: string;
  /** Whether the sender must be identity-verified. */
  identity_required: boolean;
  /** How old the sender's account must be. */
  min_account_age: string;
  limits: { per_day: GiftLimit; per_month: GiftLimit };
  /** Least and most credits in one gift. */
  min: string;
  max: string;
  /** Whether only accounts that have never received a gift and are younger than `new_within` may receive. */
  recipient_must_be_new: boolean;
  new_within: string;
  /** Gifted lots expire this long after settlement, or with their source, whichever is sooner. */
  gifted_credits_valid_for: string;
  /** Whether gifted credits may be gifted on. */
  regift: boolean;
  /** A hold ends by itself after this. */
  hold_at_most: string;
  /** Credits that come back to a lot that expired meanwhile stay usable this long. */
  returned_credits_valid_for: string;
  /** What one sender may give from the operator's budget in a UTC calendar month. */
  promotional_quota: GiftLimit;
  screening: ScreeningPolicy;
};

/** The whole policy. Other processes add their own sections beside `gifts`. */
export type Policy = { gifts: GiftPolicy };

/** A policy and the version (a digest of its content) under which the ledger stores it. */
export type VersionedPolicy = { version: string; policy: Policy };
