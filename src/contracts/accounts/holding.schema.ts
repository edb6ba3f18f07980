/** What accounts own and may give: lots, grants, balances, movements, as HTTP takes and shows them. */
import { z } from 'zod';
import { PROMOTIONAL_BUDGET } from '../../domain/account.ts';
import { LOT_SOURCES } from '../../domain/lot.ts';
import { NameSchema } from '../policy.schema.ts';
import {
  AccountIdSchema,
  AnyAccountIdSchema,
  CreditsSchema,
  CreditsSumSchema,
  InstantInputSchema,
  InstantSchema,
  LotIdSchema,
  MovementIdSchema,
  PageQuerySchema,
  PositiveCreditsSchema,
  ReasonSchema,
  SignedCreditsSchema,
} from '../primitives.schema.ts';

const NullableInstant = InstantSchema.nullable();
const NullableInstantInput = InstantInputSchema.nullable();

export const LotSchema = z
  .object({
    id: LotIdSchema,
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
    id: MovementIdSchema,
    at: InstantSchema.meta({ description: 'From when on it has effect' }),
    recorded_at: InstantSchema.meta({
      description:
        'When it was written, by the database’s clock: later than `at` for an expiry and for a use that was reported late',
    }),
    kind: z.enum(MOVEMENT_KINDS).describe('What moved the credits'),
    amount: SignedCreditsSchema.describe('How many credits came, or went where it is negative'),
    balance_after: CreditsSumSchema.describe('The account’s credits after it'),
    lot_id: LotIdSchema.describe('The lot that they came into or went out of'),
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
