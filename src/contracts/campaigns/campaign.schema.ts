/** What the API takes and gives of campaigns. */
import { z } from 'zod';
import { PLANS } from '../../domain/account.ts';
import { CAMPAIGN_KINDS, CAMPAIGN_STATUSES, EXCLUSION_REASONS } from '../../domain/campaign.ts';
import { LOT_SOURCES } from '../../domain/lot.ts';
import { PositiveDurationSchema } from '../duration.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  InstantInputSchema,
  InstantSchema,
  PositiveCreditsSchema,
  ReasonSchema,
  textSchema,
} from '../primitives.schema.ts';

export const CampaignIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a campaign id')
  .meta({ description: 'Id of a campaign', example: 'cmp_06bq2n6y3v8k5s7r1x4z9m0c2d' });

const FilterSchema = z
  .strictObject({
    plans: z.array(z.enum(PLANS)).min(1).max(PLANS.length).optional(),
    cohorts: z.array(textSchema(100)).min(1).max(100).optional(),
  })
  .meta({
    description: 'Accounts of one of the plans and in one of the cohorts; what is left out is everybody',
  });

const OngoingSchema = z
  .boolean()
  .optional()
  .meta({ description: 'Goes on for accounts that come, or become eligible, later. Default: false' });

const common = { filter: FilterSchema.optional(), reason: ReasonSchema };

const GrantResetSchema = z.strictObject({
  kind: z.literal('grant_reset'),
  ...common,
  resets: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Banked resets for each account. Default: 1' }),
  ongoing: OngoingSchema,
});

const GrantCreditsSchema = z.strictObject({
  kind: z.literal('grant_credits'),
  ...common,
  amount: PositiveCreditsSchema,
  source: z.enum(LOT_SOURCES).optional().meta({ description: 'Default: promotional' }),
  expires_at: InstantInputSchema.optional(),
  valid_for: PositiveDurationSchema.optional().meta({
    description: 'From each grant; instead of `expires_at`',
  }),
  giftable: z.boolean().optional().meta({ description: 'May be given away. Default: false' }),
  ongoing: OngoingSchema,
});

const ResetWindowsSchema = z.strictObject({ kind: z.literal('reset_windows'), ...common });

/** Body of `POST /v1/campaigns`. */
export const CampaignBodySchema = z
  .discriminatedUnion('kind', [GrantResetSchema, GrantCreditsSchema, ResetWindowsSchema])
  .refine(
    (body) => body.kind !== 'grant_credits' || body.expires_at === undefined || body.valid_for === undefined,
    { path: ['valid_for'], message: 'must be left out where expires_at is given' },
  )
  .meta({
    id: 'CampaignCreate',
    example: { kind: 'grant_reset', filter: { plans: ['plus', 'pro'] }, reason: 'outage of 31 October' },
  });
export type CampaignBody = z.infer<typeof CampaignBodySchema>;

/** Body of pause, resume and cancel. */
export const CampaignActionBodySchema = z
  .strictObject({ reason: ReasonSchema.optional() })
  .meta({ id: 'CampaignAction', examples: [{ reason: 'wrong plans' }] });

const CountSchema = z.int().min(0);

export const CampaignSchema = z
  .object({
    id: CampaignIdSchema,
    kind: z.enum(CAMPAIGN_KINDS),
    status: z.enum(CAMPAIGN_STATUSES),
    filter: z.object({ plans: z.array(z.string()).optional(), cohorts: z.array(z.string()).optional() }),
    resets: z.int().nullable(),
    amount: CreditsSchema.nullable(),
    source: z.enum(LOT_SOURCES).nullable(),
    expires_at: InstantSchema.nullable(),
    valid_for: z.string().nullable(),
    giftable: z.boolean().nullable(),
    ongoing: z.boolean(),
    reason: z.string(),
    created_by: z.string().nullable(),
    policy_version: z.string(),
    created_at: InstantSchema,
    ended_at: InstantSchema.nullable(),
    matched: CountSchema.nullable().meta({
      description:
        'Accounts that it covers: those known when it began, and of an ongoing one those that came later. Each is granted or excluded in the end. Null until the first page has counted them',
    }),
    granted: CountSchema,
    excluded: z.partialRecord(z.enum(EXCLUSION_REASONS), CountSchema),
    remaining: CountSchema.nullable().meta({ description: 'Accounts that it has yet to come to' }),
  })
  .meta({ id: 'Campaign' });

export const CampaignAccountSchema = z
  .object({
    campaign_id: CampaignIdSchema,
    account_id: AccountIdSchema,
    outcome: z.enum(['granted', 'excluded', 'not_yet']),
    reason: z.enum([...EXCLUSION_REASONS, 'created_later', 'paused', 'canceled']).nullable(),
    detail: z.string(),
    at: InstantSchema.nullable().meta({ description: 'When the campaign came to the account' }),
  })
  .meta({ id: 'CampaignAccount' });
export type CampaignAccount = z.infer<typeof CampaignAccountSchema>;
