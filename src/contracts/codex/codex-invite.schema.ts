/** Invitations of friends as existing Codex clients ask for them and show them. The shapes are theirs. */
import { z } from 'zod';
import { REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { CreditsSchema, EmailSchema, InstantSchema } from '../primitives.schema.ts';
import { ProgramSchema, ReferralIdSchema } from '../referrals/referral.schema.ts';

/** Whatever else a client sends is left alone. */
export const InviteEligibilityQuerySchema = z.object({
  program_id: ProgramSchema,
  entrypoint: z.string().max(100).default('persistent'),
});

const InviteGrantSchema = z.object({
  recipient: z.enum(['referrer', 'recipient']),
  grant_type: z.enum(['rate_limit_reset', 'personal_credits']),
  amount: z.int(),
  credits: CreditsSchema.optional(),
});
export type InviteGrant = z.infer<typeof InviteGrantSchema>;

const TimeFrameRuleSchema = z.object({
  type: z.literal('user'),
  capacity_type: z.enum(['send', 'reward']),
  time_frame: z.enum(['month', 'program']),
  invites_sent: z.int(),
  invites_total: z.int(),
});

/** `GET referrals/invite/eligibility` */
export const InviteEligibilitySchema = z.object({
  should_show: z.boolean(),
  ineligible_reason: z.string().nullable(),
  ineligible_reason_code: z.string().nullable(),
  program_id: z.string(),
  entrypoint: z.string(),
  offer_id: z.string().nullable(),
  title: z.string().nullable(),
  description: z.string().nullable(),
  grants: z.array(InviteGrantSchema),
  remaining_send_capacity: z.int(),
  remaining_reward_capacity: z.int(),
  rules: z.array(z.string()),
  time_frame_rules: z.array(TimeFrameRuleSchema),
  requires_explicit_confirmation: z.boolean(),
});
export type InviteEligibility = z.infer<typeof InviteEligibilitySchema>;

/** Body of `POST referrals/invite`. Clients send at most five addresses at once. */
export const InviteBodySchema = z.object({
  program_id: ProgramSchema,
  entrypoint: z.string().max(100).optional(),
  emails: z.array(EmailSchema).min(1).max(5),
});

export const InvitedSchema = z.object({
  invites: z.array(
    z.object({ referral_id: z.string(), email: z.string(), invite_url: z.string().nullable() }),
  ),
  failed_emails: z.array(z.string()),
  failures: z.array(z.object({ email: z.string(), code: z.string(), detail: z.string() })),
});
export type Invited = z.infer<typeof InvitedSchema>;

/** `GET referrals/invite/tracking` */
export const InviteTrackingQuerySchema = z.object({
  program_id: ProgramSchema.optional(),
  period: z.enum(['this_month', 'past_30_days', 'past_90_days', 'all_time']).catch('all_time'),
  limit: z.coerce.number().int().min(1).max(100).catch(100),
  cursor: z.string().max(300).optional(),
});
export type InvitePeriod = z.infer<typeof InviteTrackingQuerySchema>['period'];

export const InviteTrackingSchema = z.object({
  items: z.array(
    z.object({
      referral_id: z.string(),
      email: z.string().nullable(),
      status: z.enum(REFERRAL_STATUSES),
      can_resend: z.boolean(),
      invite_url: z.string().nullable(),
      created_at: InstantSchema,
      expires_at: InstantSchema,
      next_step: z.string(),
      reason_code: z.string().nullable(),
    }),
  ),
  cursor: z.string().nullable(),
});

export const InviteIdSchema = z.object({ referral_id: ReferralIdSchema });
export const ResentSchema = z.object({ referral_id: z.string(), status: z.enum(REFERRAL_STATUSES) });
