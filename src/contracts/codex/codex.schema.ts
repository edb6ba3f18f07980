/**
 * What existing Codex clients read of limits, credits and banked resets. The shapes are theirs: whole numbers where
 * they decode whole numbers, strings where they decode strings. Fields that they do not know they ignore.
 */
import { z } from 'zod';
import { PLANS } from '../../domain/account.ts';
import { REDEEM_OUTCOMES } from '../../domain/reset.ts';
import { CreditsSumSchema, InstantSchema } from '../primitives.schema.ts';
import { RequestIdSchema } from '../resets/reset.schema.ts';

const CodexWindowSchema = z.object({
  used_percent: z.int().min(0).max(100),
  limit_window_seconds: z.int(),
  reset_after_seconds: z.int().min(0),
  reset_at: z.int(),
});
export type CodexWindow = z.infer<typeof CodexWindowSchema>;

const SpendLimitSchema = z.object({
  limit: CreditsSumSchema,
  used: CreditsSumSchema,
  remaining: CreditsSumSchema,
  used_percent: z.int().min(0).max(100),
  remaining_percent: z.int().min(0).max(100),
  reset_after_seconds: z.int().min(0),
  reset_at: z.int(),
});

/** Why an account cannot go on, in the words that clients know. */
const REACHED_TYPES = [
  'rate_limit_reached',
  'workspace_member_credits_depleted',
  'workspace_member_usage_limit_reached',
] as const;
export type ReachedType = (typeof REACHED_TYPES)[number];

/** `GET usage` */
export const CodexUsageSchema = z.object({
  plan_type: z.enum(PLANS),
  account_id: z.string(),
  user_id: z.string(),
  email: z.string().nullable(),
  rate_limit: z.object({
    allowed: z.boolean(),
    limit_reached: z.boolean(),
    primary_window: CodexWindowSchema.nullable(),
    secondary_window: CodexWindowSchema.nullable(),
  }),
  credits: z
    .object({ has_credits: z.boolean(), unlimited: z.boolean(), balance: CreditsSumSchema })
    .nullable(),
  spend_control: z.object({ reached: z.boolean(), individual_limit: SpendLimitSchema }).nullable(),
  rate_limit_reached_type: z.object({ type: z.enum(REACHED_TYPES) }).nullable(),
  rate_limit_reset_credits: z.object({ available_count: z.int(), applicable_available_count: z.int() }),
  additional_rate_limits: z.array(z.never()),
  promo: z.null(),
});
export type CodexUsage = z.infer<typeof CodexUsageSchema>;

const ResetCreditSchema = z.object({
  id: z.string(),
  reset_type: z.literal('codex_rate_limits'),
  status: z.enum(['available', 'redeemed']),
  granted_at: InstantSchema,
  expires_at: InstantSchema,
  is_supported_by_plan: z.boolean(),
  redeem_started_at: InstantSchema.nullable(),
  redeemed_at: InstantSchema.nullable(),
  title: z.string(),
  description: z.string(),
});
export type ResetCredit = z.infer<typeof ResetCreditSchema>;

/** `GET rate-limit-reset-credits` */
export const ResetCreditListSchema = z.object({
  credits: z.array(ResetCreditSchema),
  available_count: z.int(),
  total_earned_count: z.int(),
  immediate_reset_purchase_eligible: z.boolean(),
  history_enabled: z.boolean(),
});

/** Body of `POST rate-limit-reset-credits/consume`; whatever else a client sends is left alone. */
export const ConsumeSchema = z.object({
  redeem_request_id: RequestIdSchema,
  credit_id: z.string().nullish(),
});

export const ConsumedSchema = z.object({
  code: z.enum(REDEEM_OUTCOMES),
  windows_reset: z.int(),
  credit: ResetCreditSchema.nullable(),
  reason_code: z.string().nullable(),
  detail: z.string().nullable(),
});
export type Consumed = z.infer<typeof ConsumedSchema>;

/** `GET rate-limit-reset-credits/history` */
export const ResetHistoryQuerySchema = z.object({ cursor: z.string().max(300).optional() });
export const ResetHistorySchema = z.object({
  as_of: InstantSchema,
  window_start: InstantSchema,
  events: z.array(
    z.object({ id: z.string(), kind: z.enum(['granted', 'used']), occurred_at: InstantSchema }),
  ),
  next_cursor: z.string().nullable(),
});

/** `GET accounts/check`: how newer clients find out which host serves an account; ours leaves them where they are. */
export const AccountsCheckSchema = z.object({
  accounts: z.array(
    z.object({
      id: z.string(),
      structure: z.enum(['personal', 'workspace']),
      plan_type: z.enum(PLANS),
      workspace_backend_origin: z.literal('NO_CONSTRAINT'),
      account_routing_override: z.literal('NO_CONSTRAINT'),
    }),
  ),
  account_ordering: z.array(z.string()),
  default_account_id: z.string(),
});
