/** Usage windows and banked resets, as HTTP shows them. */
import { z } from 'zod';
import { PLANS, RESERVED_PREFIX } from '../../domain/account.ts';
import { REDEEM_OUTCOMES, RESET_SOURCES, RESET_STATUSES } from '../../domain/reset.ts';
import { CREDIT_REFUSALS } from '../../domain/usage-reasons.ts';
import { NameSchema } from '../policy.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  CreditsSumSchema,
  GivenResetIdSchema,
  InstantSchema,
  pageOf,
  ReasonSchema,
  ResetIdSchema,
} from '../primitives.schema.ts';

const WindowSchema = z
  .object({
    used: CreditsSumSchema.describe('Used in it so far, in credits’ worth at the rate card'),
    limit: CreditsSchema.nullable().meta({ description: 'null is without limit' }),
    started_at: InstantSchema.nullable().meta({ description: 'null while the window is not open' }),
    resets_at: InstantSchema.nullable().describe('When it ends and is full again; null while it is not open'),
  })
  .meta({ id: 'UsageWindow' });

export const WindowsSchema = z
  .object({
    five_hour: WindowSchema.describe('The window of 5 hours'),
    weekly: WindowSchema.describe('The window of 7 days'),
  })
  .meta({ id: 'UsageWindows', description: 'Use of the plan, in credits’ worth at the rate card' });
export type Windows = z.infer<typeof WindowsSchema>;

const BeyondPlanSchema = z
  .object({
    product: z.string().describe('A product of the rate card'),
    allowed: z.boolean().meta({
      description: 'Whether a use that the plan does not cover is paid by credits without being asked',
    }),
    reason_code: z.enum(CREDIT_REFUSALS).nullable().meta({
      description:
        'Why it does not: the `reason_code` that such a use would be refused with; null where it does',
    }),
    up_to: CreditsSumSchema.nullable().meta({
      description:
        'What the organisation’s credits, its invoice and the account’s own credits could pay together; null is without limit',
    }),
  })
  .meta({ id: 'BeyondPlan' });
export type BeyondPlan = z.infer<typeof BeyondPlanSchema>;

/** `GET /v1/accounts/{id}/limits` */
export const LimitsSchema = z
  .object({
    plan: z.enum(PLANS).describe('The plan whose limits these are'),
    windows: WindowsSchema.describe('Use of the plan so far'),
    available: CreditsSumSchema.meta({ description: 'Credits that the account can spend' }),
    resets_available: z.int().meta({ description: 'Banked resets that the account can redeem' }),
    beyond_plan: z.array(BeyondPlanSchema).meta({
      description:
        'What pays where the plan ends, for each product that may be paid for beyond it on this plan',
    }),
  })
  .meta({ id: 'Limits' });
export type Limits = z.infer<typeof LimitsSchema>;
export type PlanLimits = Omit<Limits, 'beyond_plan'>;

/** The id of what a reset came by: only that of another reset is counted by the database. */
const SourceIdSchema = z.codec(z.string(), z.string(), {
  decode: (id) => id,
  encode: (id) => (/^[0-9]+$/.test(id) ? ResetIdSchema.encode(id) : id),
});

export const ResetSchema = z
  .object({
    id: ResetIdSchema,
    status: z
      .enum(RESET_STATUSES)
      .describe('`held` is on its way in a gift; `given` went on to its recipient; `revoked` was taken back'),
    source: z
      .enum(RESET_SOURCES)
      .describe('How its owner got it; `return`: it came back, because it was of little use'),
    source_id: SourceIdSchema.nullable().meta({
      description:
        'What it came by: the id of the campaign, referral, purchase or gift, or of the reset that came back; null for a grant',
    }),
    program: z
      .string()
      .nullable()
      .meta({ description: 'The program that it was given for, of a referral or a grant; else null' }),
    granted_at: InstantSchema.describe('When its owner got it'),
    expires_at: InstantSchema.describe('Until when it can be redeemed'),
    redeemed_at: InstantSchema.nullable().describe('When it was redeemed; null where it was not'),
  })
  .meta({ id: 'Reset' });
export type Reset = z.infer<typeof ResetSchema>;

/** `GET /v1/accounts/{id}/resets` */
export const ResetListSchema = pageOf(ResetSchema).meta({ id: 'ResetList' });

export const RequestIdSchema = z
  .string()
  .regex(/^[!-~]{1,128}$/, 'must be 1 to 128 printable characters without spaces')
  .refine((id) => !id.startsWith(RESERVED_PREFIX), 'ids that start with "boon:" are Boon’s own')
  .meta({
    description: 'The caller’s own id of this redemption: however often it is sent, it redeems once',
    example: 'b1f0c7de-5f0e-4c39-9f0c-2f7f5b8a6a11',
    pattern: '^(?!boon:)[!-~]{1,128}$',
  });

/** Body of `POST /v1/accounts/{id}/resets/redeem`. */
export const RedeemSchema = z
  .strictObject({
    request_id: RequestIdSchema,
    reset_id: GivenResetIdSchema.optional().meta({ description: 'Left out: the one that expires soonest' }),
    dry_run: z.boolean().optional().meta({ description: 'Tell what would happen, and do nothing' }),
  })
  .meta({ id: 'Redeem', example: { request_id: 'b1f0c7de-5f0e-4c39-9f0c-2f7f5b8a6a11' } });
export type RedeemBody = z.infer<typeof RedeemSchema>;

export const RedemptionSchema = z
  .object({
    outcome: z
      .enum(REDEEM_OUTCOMES)
      .describe('What happened to it; `nothing_to_reset` and `no_credit` spend nothing'),
    before: WindowsSchema.describe('The windows before'),
    after: WindowsSchema.meta({ description: 'A date that moves is seen beside `before`' }),
    windows_reset: z.int().meta({ description: 'How many windows were restored: both, or none' }),
    reset_id: ResetIdSchema.nullable().meta({ description: 'The reset that was spent, or would be' }),
    redeemed_at: InstantSchema.nullable().meta({ description: 'When it was spent; null when nothing was' }),
    dry_run: z.boolean().describe('Whether nothing was done, only shown'),
  })
  .meta({ id: 'Redemption' });
export type Redemption = z.infer<typeof RedemptionSchema>;

/** Body of `POST /v1/resets/grants`. */
export const ResetGrantSchema = z
  .strictObject({
    account_id: AccountIdSchema.describe('Who gets the resets'),
    count: z.int().min(1).max(100).describe('How many'),
    reason: ReasonSchema.describe('Why; it is kept in the record'),
    program: NameSchema.optional().describe('The program that they count to'),
  })
  .meta({ id: 'ResetGrant', example: { account_id: 'user_ada', count: 1, reason: 'ticket 4711' } });
export type ResetGrantBody = z.infer<typeof ResetGrantSchema>;

export const GrantedResetsSchema = z
  .object({ resets: z.array(ResetSchema).describe('The new resets') })
  .meta({ id: 'GrantedResets' });
export type GrantedResets = z.infer<typeof GrantedResetsSchema>;
