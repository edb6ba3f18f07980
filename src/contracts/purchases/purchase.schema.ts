/** Purchases and top-ups, as HTTP takes and shows them. */
import { z } from 'zod';
import { MoneySchema, PositiveMoneySchema } from '../money.schema.ts';
import { NameSchema } from '../policy.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  InstantSchema,
  LotIdSchema,
  PositiveCreditsSchema,
} from '../primitives.schema.ts';
import { PURCHASE_KINDS, PURCHASE_STATUSES, TOP_UP_BLOCKS } from './purchase.ts';
import { RefundSchema, TakenBackSchema } from './refund.schema.ts';

/** Body of `POST /v1/credits/purchases`. */
export const PurchaseRequestSchema = z
  .strictObject({
    account_id: AccountIdSchema.describe('Who buys'),
    package: NameSchema.meta({ description: 'One of the policy’s packages', example: 'credits-100' }),
    save_card: z.boolean().optional().meta({
      description: 'Ask for a card that may be charged again, which automatic top-ups need. Default: false',
    }),
  })
  .meta({ id: 'PurchaseRequest', example: { account_id: 'user_ada', package: 'credits-100' } });
export type PurchaseRequest = z.infer<typeof PurchaseRequestSchema>;

const NullableInstant = InstantSchema.nullable();

export const PurchaseSchema = z
  .object({
    id: z.string().describe('Id of the purchase'),
    account_id: z.string().describe('Who buys'),
    kind: z.enum(PURCHASE_KINDS).describe('Paid on the provider’s page, or by the stored card'),
    status: z
      .enum(PURCHASE_STATUSES)
      .describe('`expired` and `failed` were not paid; `refunded`: all its money went back'),
    package: z.string().describe('The package that is bought'),
    credits: CreditsSchema.describe('How many credits it brings'),
    resets: z.int().describe('How many banked resets it brings'),
    price: MoneySchema.describe('What it costs, without tax'),
    checkout: z
      .object({
        id: z.string().describe('The provider’s id of the page'),
        url: z.string().describe('Where it is'),
      })
      .nullable()
      .meta({ description: 'The provider’s page on which it is paid' }),
    save_card: z.boolean().describe('Whether the card may be charged again, for top-ups'),
    created_at: InstantSchema.describe('When it began'),
    expires_at: InstantSchema.meta({ description: 'Until when it may be paid' }),
    paid_at: NullableInstant.describe('When it was paid; null: not yet'),
    ended_at: NullableInstant.describe(
      'When it ended unpaid, or all its money had gone back; null: it did not',
    ),
    reason_code: z.string().nullable().describe('Why it was not paid, where that is known'),
    lot_id: LotIdSchema.nullable().describe('The lot that it made; null before it is paid, and for resets'),
    paid: MoneySchema.nullable().meta({
      description: 'What was paid in all; null until it is paid',
    }),
    tax: MoneySchema.nullable().meta({ description: 'The tax of it that came on top of the price' }),
    refunded: MoneySchema.meta({ description: 'What refunds have given back' }),
    refunding: MoneySchema.meta({
      description: 'Asked for and not yet gone back',
    }),
    disputed: MoneySchema.meta({ description: 'What disputes that are not won hold' }),
    refunds: z.array(RefundSchema).meta({ description: 'Those that Boon was asked for' }),
    taken_back: TakenBackSchema.describe('What the account lost again by refunds and disputes'),
    owed: CreditsSchema.meta({ description: 'Credits of it that were spent before its money went back' }),
  })
  .meta({ id: 'Purchase' });

export const PackageListSchema = z
  .object({
    data: z
      .array(
        z.object({
          id: z.string().describe('Its name in the policy'),
          credits: CreditsSchema.describe('How many credits it brings'),
          resets: z.int().describe('How many banked resets it brings'),
          price: MoneySchema.describe('What it costs, without tax'),
        }),
      )
      .describe('What can be bought'),
  })
  .meta({ id: 'PackageList' });
export type PackageList = z.infer<typeof PackageListSchema>;

/** Body of `PUT /v1/accounts/{id}/top-up`. */
export const TopUpPutSchema = z
  .strictObject({
    package: NameSchema.meta({ description: 'The package of credits that is bought' }),
    below: PositiveCreditsSchema.meta({
      description: 'Bought when the account’s own credits are fewer than these',
    }),
    monthly_cap: PositiveMoneySchema.meta({
      description: 'The most that one billing month’s top-ups may cost',
    }),
    consent: z
      .literal(true, { error: 'must be true: the owner agrees to charges that nobody asks about again' })
      .meta({ description: 'The owner agrees to charges that nobody asks about again' }),
  })
  .meta({
    id: 'TopUpPut',
    example: {
      package: 'credits-100',
      below: '20',
      monthly_cap: { amount: 2000, currency: 'usd' },
      consent: true,
    },
  });
export type TopUpPut = z.infer<typeof TopUpPutSchema>;

export const TopUpSchema = z
  .object({
    account_id: z.string().describe('Whose top-ups'),
    enabled: z.boolean().describe('Whether the owner has consented'),
    card_saved: z.boolean().describe('Whether a card is stored that can be charged'),
    package: z.string().nullable().describe('The package that is bought; null without a consent'),
    price: MoneySchema.nullable().meta({
      description: 'What the package cost when it was consented to: at another price nothing is charged',
    }),
    below: CreditsSchema.nullable().describe(
      'It is bought when the account’s own credits are fewer than these',
    ),
    monthly_cap: MoneySchema.nullable().describe('The most that one billing month’s top-ups may cost'),
    spent: MoneySchema.nullable().meta({
      description: 'What this billing month’s top-ups have cost; null without a consent',
    }),
    consented_at: NullableInstant.describe('When the owner consented'),
    paused_until: NullableInstant.meta({ description: 'After a charge that failed' }),
    blocked_by: z.enum(TOP_UP_BLOCKS).nullable().meta({
      description:
        'What keeps a top-up from being charged now; with `price_changed` the owner is to consent anew',
    }),
    blocked_until: NullableInstant.describe('Until when that keeps it, where it is known'),
  })
  .meta({ id: 'TopUp' });
