/**
 * Policy: every number a rule uses. Durations are ISO 8601 strings (`PT24H`, `P14D`, `P12M`, calendar months in
 * UTC), amounts are decimal strings of credits. A policy is versioned by its content; a process keeps the
 * version it started under.
 */
import type { Credits } from './credits.ts';
import type { Instant } from './instant.ts';
import type { ScreeningPolicy } from './screening-rules.ts';

/** A count and an amount that a sender may not exceed in one period (UTC calendar day or month). */
export type GiftLimit = { count: number; amount: Credits };

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
  min: Credits;
  max: Credits;
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

/** What an account may use before credits take over, in credits' worth at the rate card; null is without limit. */
export type PlanPolicy = {
  five_hour: Credits | null;
  weekly: Credits | null;
  /** Products that credits may pay for on this plan, once the plan is used up. */
  credits: Credits[];
};

/** What one unit of a product costs, in credits, from a moment on (RFC 3339; null is from the beginning). */
export type Rate = { from: Instant | null; credits: Credits };

/**
 * Product by product, and in each model by model, what is to be paid; a model that is not named, or none, is paid at
 * `default`. The rates of a model stand in the order of their moments, the first from the beginning.
 */
export type RateCard = Record<string, Record<string, Rate[]>>;

/** Rules of usage. */
export type UsagePolicy = {
  /** Per cent of a window or a spending limit at which its owner is warned, once each. */
  warn_at: number[];
  /** How long after it happened a use may be reported. */
  accept_late_for: string;
  /** How long uses are kept one by one; what they cost stays in the ledger. At least two months. */
  keep_for: string;
};

/** Rules of banked resets. */
export type ResetPolicy = {
  /** From the grant to the expiry. */
  valid_for: string;
  /** Whether the weekly window begins anew at a redemption; if not, it keeps its date and only its use is taken back. */
  moves_weekly_date: boolean;
  /** A token redeemed so shortly before a natural or global reset comes back. */
  return_within: string;
  /** Plans whose accounts get one complimentary reset. */
  complimentary_plans: string[];
  /** How long before the expiry its owner is reminded. */
  reminders: string[];
};

/** A price: whole units of the currency's smallest coin (cents, say) and the ISO 4217 code in small letters. */
export type Price = { amount: number; currency: string };

/** What can be bought: credits, or so many banked resets. */
export type PackagePolicy = { credits?: Credits | undefined; resets?: number | undefined; price: Price };

/** Rules of purchases. */
export type PurchasePolicy = {
  /** From the payment to the expiry of bought credits. */
  credits_valid_for: string;
  /** How long a checkout may be paid: 1 to 24 hours, as Stripe allows. */
  checkout_valid_for: string;
  /** How long no automatic top-up is tried after one that was not paid. */
  top_up_pause: string;
  /** How long before bought credits expire their owner is reminded. */
  reminders: string[];
};

/** Rules of flexible billing. */
export type InvoicePolicy = {
  /** What a hundred credits' worth of invoiced uses cost. */
  hundred_credits: Price;
  /** From the invoice to the day by which it is to be paid. */
  due_within: string;
};

/** What one person gets: so many resets, so many credits, or both. */
export type Reward = { resets: number; credits: Credits };

/** A program of referrals: who may invite, what counts, and what it brings. */
export type ProgramPolicy = {
  /** RFC 3339: open from the first to before the second; null is without end. */
  opens_at: Instant | null;
  closes_at: Instant | null;
  /** Plans whose accounts may invite. The friend's plan does not matter. */
  plans: string[];
  /** Only accounts of this cohort may invite; null is everybody. */
  cohort: string | null;
  /** How many invitations may be open or used at once; one that fails or expires gives its place back. */
  invites: number;
  /** How many prompts the friend must send after the link. */
  prompts: number;
  /** A friend who has an account counts when inactive for longer than this. */
  dormancy: string;
  /** A login so shortly before the link is used is taken for the one through the link. */
  login_grace: string;
  rewards: { referrer: Reward | null; friend: Reward | null };
  /** Rewards of the referrer in one billing month. */
  monthly_cap: number;
  /** What happens to a reward over the cap: gone, or given in the next month. */
  over_cap: 'forfeit' | 'defer';
  /** How long an invitation may be used and qualified. */
  invite_valid_for: string;
  /** How long after the reward it is taken back when the friend is found fraudulent. */
  clawback_within: string;
  /** How long credits of a reward are valid. */
  credits_valid_for: string;
};

/** The whole policy. */
export type Policy = {
  gifts: GiftPolicy;
  plans: Record<string, PlanPolicy>;
  rate_card: RateCard;
  usage: UsagePolicy;
  resets: ResetPolicy;
  packages: Record<string, PackagePolicy>;
  purchases: PurchasePolicy;
  invoices: InvoicePolicy;
  programs: Record<string, ProgramPolicy>;
};

/** A policy and the version (a digest of its content) under which the ledger stores it. */
export type VersionedPolicy = { version: string; policy: Policy };
