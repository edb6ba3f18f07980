/**
 * What the real clients' decoders take, written from their sources (`codex-backend-openapi-models`, `backend-client`)
 * and not from Boon’s own schemas: an answer that passes here is one that they can read.
 */
import { z } from 'zod';

/** Their `i32`: a JSON number without a fraction. */
const Int32 = z.int32();
const Int64 = z.int();
/** RFC 3339 with a zone, as their `DateTime<Utc>` reads it. */
const Time = z.iso.datetime();
/** Their `f64` or decimal text: a string in every case. */
const Decimal = z.string().regex(/^(0|[1-9]\d*)(\.\d{1,6})?$/);

const Window = z.strictObject({
  used_percent: Int32.min(0).max(100),
  limit_window_seconds: z.literal([18_000, 604_800]),
  reset_after_seconds: Int32.min(0),
  reset_at: Int32.min(1),
});
const PLAN_TYPES = ['free', 'go', 'plus', 'pro', 'business', 'enterprise', 'edu'] as const;
const REACHED = [
  'rate_limit_reached',
  'workspace_owner_credits_depleted',
  'workspace_member_credits_depleted',
  'workspace_owner_usage_limit_reached',
  'workspace_member_usage_limit_reached',
] as const;

export const ClientUsage = z.strictObject({
  plan_type: z.enum(PLAN_TYPES),
  account_id: z.string(),
  user_id: z.string(),
  email: z.string().nullable(),
  rate_limit: z
    .strictObject({
      allowed: z.boolean(),
      limit_reached: z.boolean(),
      primary_window: Window.extend({ limit_window_seconds: z.literal(18_000) }).nullable(),
      secondary_window: Window.extend({ limit_window_seconds: z.literal(604_800) }).nullable(),
    })
    .nullable(),
  credits: z
    .strictObject({ has_credits: z.boolean(), unlimited: z.boolean(), balance: Decimal.nullable() })
    .nullable(),
  spend_control: z
    .strictObject({
      reached: z.boolean(),
      individual_limit: z
        .strictObject({
          limit: Decimal,
          used: Decimal,
          remaining: Decimal,
          used_percent: Int32.min(0).max(100),
          remaining_percent: Int32.min(0).max(100),
          reset_after_seconds: Int32.min(0),
          reset_at: Int32.min(1),
        })
        .nullable(),
    })
    .nullable(),
  rate_limit_reached_type: z.strictObject({ type: z.enum(REACHED) }).nullable(),
  rate_limit_reset_credits: z
    .strictObject({ available_count: Int64.min(0), applicable_available_count: Int64.min(0) })
    .nullable(),
  additional_rate_limits: z.array(z.never()),
  promo: z.null(),
});

const ResetCredit = z.strictObject({
  id: z.string().min(1),
  reset_type: z.literal('codex_rate_limits'),
  status: z.enum(['available', 'redeeming', 'redeemed']),
  granted_at: Time,
  expires_at: Time.nullable(),
  is_supported_by_plan: z.boolean(),
  redeem_started_at: Time.nullable(),
  redeemed_at: Time.nullable(),
  title: z.string().nullable(),
  description: z.string().nullable(),
});

export const ClientResetCredits = z.strictObject({
  credits: z.array(ResetCredit),
  available_count: Int64.min(0),
  total_earned_count: Int64.min(0),
  immediate_reset_purchase_eligible: z.boolean(),
  history_enabled: z.boolean(),
});

export const ClientConsumed = z.strictObject({
  code: z.enum(['reset', 'nothing_to_reset', 'no_credit', 'already_redeemed']),
  windows_reset: Int64.min(0),
  credit: ResetCredit.nullable(),
  reason_code: z.string().nullable(),
  detail: z.string().nullable(),
});

export const ClientResetHistory = z.strictObject({
  as_of: Time,
  window_start: Time,
  events: z.array(
    z.strictObject({ id: z.string().min(1), kind: z.enum(['granted', 'used']), occurred_at: Time }),
  ),
  next_cursor: z.string().nullable(),
});

export const ClientInviteEligibility = z.looseObject({
  should_show: z.boolean(),
  ineligible_reason: z.string().nullable(),
  ineligible_reason_code: z.string().nullable(),
  offer_id: z.string().nullable(),
  grants: z.array(
    z.looseObject({
      recipient: z.enum(['referrer', 'recipient']),
      grant_type: z.string(),
      amount: Int64.min(0),
    }),
  ),
  remaining_send_capacity: Int64.min(0),
  remaining_reward_capacity: Int64.min(0),
  rules: z.array(z.string()),
  time_frame_rules: z.array(
    z.looseObject({ type: z.string(), invites_sent: Int64.min(0), invites_total: Int64.min(0) }),
  ),
  requires_explicit_confirmation: z.boolean(),
});

export const ClientInvited = z.looseObject({
  invites: z.array(
    z.strictObject({ referral_id: z.string(), email: z.string(), invite_url: z.string().nullable() }),
  ),
});

export const ClientInviteTracking = z.looseObject({
  items: z.array(
    z.looseObject({
      referral_id: z.string(),
      email: z.string().nullable(),
      status: z.string(),
      can_resend: z.boolean(),
      invite_url: z.string().nullable(),
      created_at: Time,
      expires_at: Time,
    }),
  ),
  cursor: z.string().nullable(),
});
