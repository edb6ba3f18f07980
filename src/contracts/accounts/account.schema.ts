/** Accounts and what they own, as HTTP shows them. */
import { z } from 'zod';
import {
  ACCOUNT_KINDS,
  ACCOUNT_STATUSES,
  BILLING_SWITCHES,
  CREDIT_SWITCHES,
  PLANS,
  PROMOTIONAL_BUDGET,
} from '../../domain/account.ts';
import { LOT_SOURCES } from '../../domain/lot.ts';
import { MonthSchema } from '../month.schema.ts';
import { NameSchema } from '../policy.schema.ts';
import {
  AccountIdSchema,
  AnyAccountIdSchema,
  CreditsSchema,
  CreditsSumSchema,
  EmailSchema,
  InstantInputSchema,
  InstantSchema,
  lineSchema,
  PageQuerySchema,
  PositiveCreditsSchema,
  ReasonSchema,
  SignedCreditsSchema,
  textSchema,
} from '../primitives.schema.ts';

/** A device, card or other mark by which two accounts are seen to be one person; stored only as a keyed digest. */
const FingerprintSchema = textSchema(200);

const NullableInstant = InstantSchema.nullable();
const NullableInstantInput = InstantInputSchema.nullable();

/** Body of `PUT /v1/accounts/{id}`. A field that is left out stays as it is (or takes its default at first). */
export const AccountPutSchema = z
  .strictObject({
    plan: z.enum(PLANS).describe('The plan it is on'),
    name: lineSchema(100).nullable().optional().meta({
      description:
        'What invitations and gifts call it by; without one they say that a friend, or somebody, sent them',
    }),
    kind: z
      .enum(ACCOUNT_KINDS)
      .optional()
      .describe('A person, or an organisation with members. Default: person'),
    email: EmailSchema.nullable().optional().describe('Where its letters go; null is no address'),
    billing_day: z.int().min(1).max(31).optional().meta({
      description:
        'The day on which billing months begin (UTC), or the last of a shorter month. A change takes effect at the end of the running month',
    }),
    identity_verified_at: NullableInstantInput.optional().describe(
      'When its owner’s identity was verified; null: not yet, and it cannot give',
    ),
    created_at: InstantInputSchema.optional().describe(
      'When it was made at the product: how old it is counts from then. Default: now',
    ),
    last_active_at: NullableInstantInput.optional().describe(
      'When it was last used, as far as the product says',
    ),
    status: z
      .enum(ACCOUNT_STATUSES)
      .optional()
      .describe('`frozen` neither gives, receives nor uses; `closed` is the end. Default: active'),
    cohorts: z
      .array(textSchema(100))
      .max(100)
      .optional()
      .describe('Names of groups that it is in, for programs and campaigns. Default: none'),
    org_id: AccountIdSchema.nullable().optional().meta({
      description: 'The organisation that a person belongs to, made before its members; null is none',
    }),
    fingerprints: z
      .array(FingerprintSchema)
      .max(50)
      .optional()
      .describe(
        'Devices, cards and other marks by which two accounts are seen to be one person’s; kept only as digests',
      ),
    auto_redeem: z
      .boolean()
      .optional()
      .meta({ description: 'Redeem a banked reset just before it would expire, if something is used' }),
    use_credits: z.enum(CREDIT_SWITCHES).optional().meta({
      description: 'Whether credits pay where the plan ends: never, when asked, by themselves (the default)',
    }),
    spending_limit: CreditsSchema.nullable().optional().meta({
      description:
        'The most that uses may take of this account’s credits in a billing month; null is no limit',
    }),
    pool_limit: CreditsSchema.nullable().optional().meta({
      description:
        'The most that this member may take of its organisation’s credits in a month; null is no limit',
    }),
    billing: z.enum(BILLING_SWITCHES).optional().meta({
      description:
        'Of an organisation on Business, Enterprise or Edu: whether its members stop when the pool is used up (the default), or go on and it is invoiced',
    }),
    invoice_ceiling: CreditsSchema.nullable().optional().meta({
      description: 'The most that may be invoiced for a billing month; null is no limit',
    }),
  })
  .meta({
    id: 'AccountPut',
    example: {
      plan: 'plus',
      name: 'Ada',
      email: 'ada@example.com',
      identity_verified_at: '2026-01-05T10:00:00Z',
    },
  });
export type AccountPut = z.infer<typeof AccountPutSchema>;

/** Body of `PATCH /v1/accounts/{id}`: what changes, and nothing else. */
export const AccountPatchSchema = AccountPutSchema.partial().meta({
  id: 'AccountPatch',
  example: { status: 'frozen' },
});
export type AccountPatch = z.infer<typeof AccountPatchSchema>;

export const AccountFilterSchema = z.strictObject({
  plan: z.enum(PLANS).optional().describe('Only accounts on this plan'),
  status: z.enum(ACCOUNT_STATUSES).optional().describe('Only accounts in this status'),
  kind: z.enum(ACCOUNT_KINDS).optional().describe('Only persons, or only organisations'),
  cohort: textSchema(100).optional().meta({ description: 'One of its cohorts' }),
  org_id: AccountIdSchema.optional().meta({ description: 'The organisation that it belongs to' }),
});
export type AccountFilter = z.infer<typeof AccountFilterSchema>;

/** Query of `GET /v1/accounts`. */
export const AccountListQuerySchema = PageQuerySchema.extend(AccountFilterSchema.shape);

export const AccountSchema = z
  .object({
    id: z.string().describe('The caller’s own id of it'),
    name: z.string().nullable().meta({ description: 'What invitations and gifts call it by' }),
    kind: z.enum(ACCOUNT_KINDS).describe('A person, or an organisation with members'),
    plan: z.enum(PLANS).describe('The plan it is on'),
    status: z
      .enum(ACCOUNT_STATUSES)
      .describe('`frozen` neither gives, receives nor uses; `closed` is the end'),
    email: z.string().nullable().describe('Where its letters go; null is no address'),
    billing_day: z.int().meta({ description: 'The day that was asked for last; see `billing_day_from`' }),
    identity_verified_at: NullableInstant.describe(
      'When its owner’s identity was verified; null: not yet, and it cannot give',
    ),
    created_at: InstantSchema.describe(
      'When it was made at the product: how old an account is counts from then',
    ),
    last_active_at: NullableInstant.describe('When it was last used, as far as the product says'),
    cohorts: z.array(z.string()).describe('Names of groups that it is in, for programs and campaigns'),
    org_id: z.string().nullable().describe('The organisation that it belongs to; null is none'),
    auto_redeem: z.boolean().describe('Whether a banked reset is redeemed just before it would expire'),
    use_credits: z
      .enum(CREDIT_SWITCHES)
      .describe('Whether credits pay where the plan ends: never, when asked, by themselves'),
    spending_limit: CreditsSchema.nullable().describe(
      'The most that uses may take of its credits in a billing month; null is no limit',
    ),
    pool_limit: CreditsSchema.nullable().describe(
      'The most that this member may take of its organisation’s credits in a month; null is no limit',
    ),
    billing: z
      .enum(BILLING_SWITCHES)
      .describe(
        'Of an organisation: whether its members stop when the pool is used up, or go on and it is invoiced',
      ),
    invoice_ceiling: CreditsSchema.nullable().describe(
      'The most that may be invoiced for a billing month, in credits; null is no limit',
    ),
    billing_month: MonthSchema.meta({
      description: 'The billing month that is running; caps and limits of a month count in it',
    }),
    billing_day_from: NullableInstant.meta({
      description: 'When `billing_day` takes effect; null is that it has',
    }),
  })
  .meta({ id: 'Account' });
export type Account = z.infer<typeof AccountSchema>;

export const LotSchema = z
  .object({
    id: z.string().describe('Id of the lot'),
    source: z.enum(LOT_SOURCES).describe('How the credits came'),
    granted: CreditsSchema.describe('How many credits were granted'),
    remaining: CreditsSchema.describe('How many of them are left'),
    granted_at: InstantSchema.describe('When they were granted'),
    expires_at: NullableInstant.describe('When what is left of them expires; null is never'),
    giftable: z.boolean().describe('Whether they may be given away'),
    products: z
      .array(z.string())
      .nullable()
      .meta({ description: 'What it may pay for; null is all that the plan allows' }),
  })
  .meta({ id: 'Lot' });
export type Lot = z.infer<typeof LotSchema>;

/** A lot that was granted: what it is now, whose, and why. */
export const GrantSchema = LotSchema.extend({
  account_id: z.string().meta({ description: 'Whose it is' }),
  reason: z.string().meta({ description: 'Why it was granted: for operators, or what gave it' }),
}).meta({ id: 'Grant' });
export type Grant = z.infer<typeof GrantSchema>;

export const GrantListQuerySchema = PageQuerySchema.extend({
  account_id: AnyAccountIdSchema.describe('Whose grants'),
  source: z.enum(LOT_SOURCES).optional().meta({ description: 'Only grants of this kind' }),
});

export const BalanceSchema = z
  .object({
    account_id: z.string().describe('Whose balance it is'),
    as_of: InstantSchema.describe('The moment that it is the balance of'),
    available: CreditsSumSchema.describe('Credits that the account can spend'),
    held: CreditsSumSchema.meta({ description: 'On hold in gifts that this account sent' }),
    pending_in: CreditsSumSchema.meta({ description: 'Open gifts to this account, not yet its own' }),
    debt: CreditsSumSchema.meta({
      description:
        'Owed after refunds of credits that were spent; the next purchase of credits pays it first',
    }),
    lots: z.array(LotSchema).describe('Its lots with credits left, in the order in which they are spent'),
  })
  .meta({ id: 'Balance' });
export type Balance = z.infer<typeof BalanceSchema>;

export const BalanceQuerySchema = z.strictObject({
  as_of: InstantInputSchema.optional().describe('A moment in the past. Default: now'),
});

const MOVEMENT_KINDS = [
  'grant',
  'gift_held',
  'gift_returned',
  'gift_received',
  'gift_reversed',
  'gift_recovered',
  'expired',
  'clawed_back',
  'usage',
  'purchased',
  'refunded',
  'debt_paid',
  'restored',
] as const;

export const MovementSchema = z
  .object({
    id: z.string().describe('Id of the movement'),
    at: InstantSchema.meta({ description: 'From when on it has effect' }),
    recorded_at: InstantSchema.meta({
      description:
        'When it was written, by the database’s clock: later than `at` for an expiry and for a use that was reported late',
    }),
    kind: z.enum(MOVEMENT_KINDS).describe('What moved the credits'),
    amount: SignedCreditsSchema.describe('How many credits came, or went where it is negative'),
    balance_after: CreditsSumSchema.describe('The account’s credits after it'),
    lot_id: z.string().describe('The lot that they came into or went out of'),
    reference: z.string().meta({ description: 'The gift, grant or other cause of the movement' }),
  })
  .meta({ id: 'Movement' });
export type Movement = z.infer<typeof MovementSchema>;

/** Body of `POST /v1/credits/grants`. */
export const GrantRequestSchema = z
  .strictObject({
    account_id: z
      .union([AccountIdSchema, z.literal(PROMOTIONAL_BUDGET)])
      .describe('Who gets the credits; `boon:promotional` is the budget of promotional gifts'),
    amount: PositiveCreditsSchema.describe('How many credits'),
    source: z.enum(LOT_SOURCES).describe('How the credits came: they are spent in the order of the sources'),
    expires_at: NullableInstantInput.optional().describe('When they expire; null, or left out: never'),
    giftable: z
      .boolean()
      .optional()
      .meta({ description: 'May be given away. Default: true for purchased credits only' }),
    products: z
      .array(NameSchema)
      .min(1)
      .max(20)
      .optional()
      .meta({ description: 'What the credits may pay for. Default: all that the plan allows' }),
    reason: ReasonSchema.describe('Why; it is kept in the record'),
  })
  .meta({
    id: 'GrantRequest',
    example: { account_id: 'user_ada', amount: '100', source: 'purchased', reason: 'order 1017' },
  });
export type GrantBody = z.infer<typeof GrantRequestSchema>;

const GivenSchema = z.object({
  count: z.int().describe('How many gifts'),
  amount: CreditsSchema.describe('How many credits in all'),
});
const AllowanceSchema = z.object({
  limit: GivenSchema.describe('The most that may be given'),
  used: GivenSchema.describe('What was given'),
  remaining: GivenSchema.describe('What may still be given'),
  resets_at: InstantSchema.describe('When it begins anew'),
});

/** `GET /v1/accounts/{id}/gifting`: may this account give, how much, and if not, why and what would change it. */
export const GiftingSchema = z
  .object({
    account_id: z.string().describe('Whose gifts'),
    eligible: z.boolean().describe('Whether the account may give at all now'),
    reasons: z
      .array(
        z.object({
          code: z.string().describe('The error code that a gift would be refused with'),
          detail: z.string().describe('The reason in words'),
          fix: z.string().describe('What would change it'),
        }),
      )
      .describe('Why it may not; empty where it may'),
    giftable: CreditsSumSchema.meta({ description: 'Available credits in lots that may be given away' }),
    min: CreditsSchema.describe('The least that one gift may be'),
    max: CreditsSchema.describe('The most that one gift may be'),
    per_day: AllowanceSchema.describe('What it may give in a day'),
    per_month: AllowanceSchema.describe('What it may give in a calendar month'),
    promotional: AllowanceSchema.describe(
      'What it may give out of the operator’s budget in a calendar month',
    ),
    policy_version: z.string().describe('The policy that these limits are of'),
  })
  .meta({ id: 'Gifting' });
export type Gifting = z.infer<typeof GiftingSchema>;
