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
    plan: z.enum(PLANS),
    name: lineSchema(100).nullable().optional().meta({
      description:
        'What invitations and gifts call it by; without one they say that a friend, or somebody, sent them',
    }),
    kind: z.enum(ACCOUNT_KINDS).optional(),
    email: EmailSchema.nullable().optional(),
    billing_day: z.int().min(1).max(31).optional().meta({
      description:
        'The day on which billing months begin (UTC), or the last of a shorter month. A change takes effect at the end of the running month',
    }),
    identity_verified_at: NullableInstantInput.optional(),
    created_at: InstantInputSchema.optional(),
    last_active_at: NullableInstantInput.optional(),
    status: z.enum(ACCOUNT_STATUSES).optional(),
    cohorts: z.array(textSchema(100)).max(100).optional(),
    org_id: AccountIdSchema.nullable().optional().meta({
      description: 'The organisation that a person belongs to, made before its members; null is none',
    }),
    fingerprints: z.array(FingerprintSchema).max(50).optional(),
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
  plan: z.enum(PLANS).optional(),
  status: z.enum(ACCOUNT_STATUSES).optional(),
  kind: z.enum(ACCOUNT_KINDS).optional(),
  cohort: textSchema(100).optional().meta({ description: 'One of its cohorts' }),
  org_id: AccountIdSchema.optional().meta({ description: 'The organisation that it belongs to' }),
});
export type AccountFilter = z.infer<typeof AccountFilterSchema>;

/** Query of `GET /v1/accounts`. */
export const AccountListQuerySchema = PageQuerySchema.extend(AccountFilterSchema.shape);

export const AccountSchema = z
  .object({
    id: z.string(),
    name: z.string().nullable().meta({ description: 'What invitations and gifts call it by' }),
    kind: z.enum(ACCOUNT_KINDS),
    plan: z.enum(PLANS),
    status: z.enum(ACCOUNT_STATUSES),
    email: z.string().nullable(),
    billing_day: z.int().meta({ description: 'The day that was asked for last; see `billing_day_from`' }),
    identity_verified_at: NullableInstant,
    created_at: InstantSchema,
    last_active_at: NullableInstant,
    cohorts: z.array(z.string()),
    org_id: z.string().nullable(),
    auto_redeem: z.boolean(),
    use_credits: z.enum(CREDIT_SWITCHES),
    spending_limit: CreditsSchema.nullable(),
    pool_limit: CreditsSchema.nullable(),
    billing: z.enum(BILLING_SWITCHES),
    invoice_ceiling: CreditsSchema.nullable(),
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
    id: z.string(),
    source: z.enum(LOT_SOURCES),
    granted: CreditsSchema,
    remaining: CreditsSchema,
    granted_at: InstantSchema,
    expires_at: NullableInstant,
    giftable: z.boolean(),
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
  account_id: AnyAccountIdSchema,
  source: z.enum(LOT_SOURCES).optional().meta({ description: 'Only grants of this kind' }),
});

export const BalanceSchema = z
  .object({
    account_id: z.string(),
    as_of: InstantSchema,
    available: CreditsSumSchema,
    held: CreditsSumSchema.meta({ description: 'On hold in gifts that this account sent' }),
    pending_in: CreditsSumSchema.meta({ description: 'Open gifts to this account, not yet its own' }),
    debt: CreditsSumSchema.meta({
      description:
        'Owed after refunds of credits that were spent; the next purchase of credits pays it first',
    }),
    lots: z.array(LotSchema),
  })
  .meta({ id: 'Balance' });
export type Balance = z.infer<typeof BalanceSchema>;

export const BalanceQuerySchema = z.strictObject({ as_of: InstantInputSchema.optional() });

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
    id: z.string(),
    at: InstantSchema.meta({ description: 'From when on it has effect' }),
    recorded_at: InstantSchema.meta({
      description:
        'When it was written, by the database’s clock: later than `at` for an expiry and for a use that was reported late',
    }),
    kind: z.enum(MOVEMENT_KINDS),
    amount: SignedCreditsSchema,
    balance_after: CreditsSumSchema,
    lot_id: z.string(),
    reference: z.string().meta({ description: 'The gift, grant or other cause of the movement' }),
  })
  .meta({ id: 'Movement' });
export type Movement = z.infer<typeof MovementSchema>;

/** Body of `POST /v1/credits/grants`. */
export const GrantRequestSchema = z
  .strictObject({
    account_id: z.union([AccountIdSchema, z.literal(PROMOTIONAL_BUDGET)]),
    amount: PositiveCreditsSchema,
    source: z.enum(LOT_SOURCES),
    expires_at: NullableInstantInput.optional(),
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
    reason: ReasonSchema,
  })
  .meta({
    id: 'GrantRequest',
    example: { account_id: 'user_ada', amount: '100', source: 'purchased', reason: 'order 1017' },
  });
export type GrantBody = z.infer<typeof GrantRequestSchema>;

const AllowanceSchema = z.object({
  limit: z.object({ count: z.int(), amount: CreditsSchema }),
  used: z.object({ count: z.int(), amount: CreditsSchema }),
  remaining: z.object({ count: z.int(), amount: CreditsSchema }),
  resets_at: InstantSchema,
});

/** `GET /v1/accounts/{id}/gifting`: may this account give, how much, and if not, why and what would change it. */
export const GiftingSchema = z
  .object({
    account_id: z.string(),
    eligible: z.boolean(),
    reasons: z.array(z.object({ code: z.string(), detail: z.string(), fix: z.string() })),
    giftable: CreditsSumSchema.meta({ description: 'Available credits in lots that may be given away' }),
    min: CreditsSchema,
    max: CreditsSchema,
    per_day: AllowanceSchema,
    per_month: AllowanceSchema,
    promotional: AllowanceSchema,
    policy_version: z.string(),
  })
  .meta({ id: 'Gifting' });
export type Gifting = z.infer<typeof GiftingSchema>;
