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
    plans: z
      .array(z.enum(PLANS))
      .min(1)
      .max(PLANS.length)
      .optional()
      .describe('Only accounts on one of these plans'),
    cohorts: z
      .array(textSchema(100))
      .min(1)
      .max(100)
      .optional()
      .describe('Only accounts in one of these cohorts'),
  })
  .meta({
    description: 'Accounts of one of the plans and in one of the cohorts; what is left out is everybody',
  });

const OngoingSchema = z
  .boolean()
  .optional()
  .meta({ description: 'Goes on for accounts that come, or become eligible, later. Default: false' });

const common = {
  filter: FilterSchema.optional(),
  reason: ReasonSchema.describe('Why; it is kept in the record'),
};

const GrantResetSchema = z.strictObject({
  kind: z.literal('grant_reset').describe('Banks resets'),
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
  kind: z.literal('grant_credits').describe('Grants credits'),
  ...common,
  amount: PositiveCreditsSchema.describe('How many credits each account gets'),
  source: z.enum(LOT_SOURCES).optional().meta({ description: 'Default: promotional' }),
  expires_at: InstantInputSchema.optional().describe('When the credits expire'),
  valid_for: PositiveDurationSchema.optional().meta({
    description: 'From each grant; instead of `expires_at`',
  }),
  giftable: z.boolean().optional().meta({ description: 'May be given away. Default: false' }),
  ongoing: OngoingSchema,
});

const ResetWindowsSchema = z.strictObject({
  kind: z.literal('reset_windows').describe('Restores usage windows'),
  ...common,
});

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
  .strictObject({ reason: ReasonSchema.optional().describe('Why; it is kept in the record') })
  .meta({ id: 'CampaignAction', examples: [{ reason: 'wrong plans' }] });

const CountSchema = z.int().min(0);

export const CampaignSchema = z
  .object({
    id: CampaignIdSchema.describe('Id of the campaign'),
    kind: z.enum(CAMPAIGN_KINDS).describe('What it does to each account'),
    status: z.enum(CAMPAIGN_STATUSES).describe('Where it stands'),
    filter: z
      .object({
        plans: z.array(z.string()).optional().describe('Accounts on one of these plans'),
        cohorts: z.array(z.string()).optional().describe('Accounts in one of these cohorts'),
      })
      .describe('Which accounts it covers; {} is all'),
    resets: z.int().nullable().describe('How many banked resets each account gets; null for other kinds'),
    amount: CreditsSchema.nullable().describe('How many credits each account gets; null for other kinds'),
    source: z.enum(LOT_SOURCES).nullable().describe('The source of those credits; null for other kinds'),
    expires_at: InstantSchema.nullable().describe('When those credits expire; null is not at a fixed moment'),
    valid_for: z
      .string()
      .nullable()
      .describe('How long those credits are valid from each grant, ISO 8601; null is not so limited'),
    giftable: z
      .boolean()
      .nullable()
      .describe('Whether those credits may be given away; null for other kinds'),
    ongoing: z
      .boolean()
      .describe('Whether it also covers accounts that are created, or become eligible, later'),
    reason: z.string().describe('What its operator wrote'),
    created_by: z.string().nullable().describe('Who began it; null is Boon itself'),
    policy_version: z.string().describe('The policy that it runs under'),
    created_at: InstantSchema.describe('When it began'),
    ended_at: InstantSchema.nullable().describe('When it ended; null: it runs'),
    matched: CountSchema.nullable().meta({
      description:
        'Accounts that it covers: those known when it began, and of an ongoing one those that came later. Each is granted or excluded in the end. Null until the first page has counted them',
    }),
    granted: CountSchema.describe('Accounts that were granted'),
    excluded: z
      .partialRecord(z.enum(EXCLUSION_REASONS), CountSchema)
      .describe('Accounts that were excluded, by reason'),
    remaining: CountSchema.nullable().meta({ description: 'Accounts that it has not reached yet' }),
  })
  .meta({ id: 'Campaign' });

export const CampaignAccountSchema = z
  .object({
    campaign_id: CampaignIdSchema.describe('The campaign'),
    account_id: AccountIdSchema.describe('The account that is asked about'),
    outcome: z.enum(['granted', 'excluded', 'not_yet']).describe('What happened to the account'),
    reason: z
      .enum([...EXCLUSION_REASONS, 'created_later', 'paused', 'canceled'])
      .nullable()
      .describe('Why it was excluded, or is not yet granted; null where it was granted'),
    detail: z.string().describe('The same in words'),
    at: InstantSchema.nullable().meta({ description: 'When the campaign reached the account' }),
  })
  .meta({ id: 'CampaignAccount' });
export type CampaignAccount = z.infer<typeof CampaignAccountSchema>;
