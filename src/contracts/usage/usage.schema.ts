/** Usage of products, as HTTP takes and shows it. */
import { z } from 'zod';
import { BILLING_SWITCHES } from '../../domain/account.ts';
import { MoneySchema } from '../money.schema.ts';
import { MonthSchema } from '../month.schema.ts';
import { ModelSchema, NameSchema } from '../policy.schema.ts';
import {
  AccountIdSchema,
  CreditsSchema,
  CreditsSumSchema,
  InstantInputSchema,
  InstantSchema,
  LotIdSchema,
  PositiveCreditsSchema,
} from '../primitives.schema.ts';
import { WindowsSchema } from '../resets/reset.schema.ts';

const UsageIdSchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters without spaces')
  .meta({
    description:
      'The caller’s own id of the use, the account’s own: however often it is sent, it is charged once',
    example: 'req_018f',
  });

/** Body of `POST /v1/usage`. */
export const UsageBodySchema = z
  .strictObject({
    account_id: AccountIdSchema.describe('Who used it'),
    product: NameSchema.meta({ description: 'A product of the rate card', example: 'codex' }),
    model: ModelSchema.optional().meta({
      description: 'One that the rate card does not name is paid at its default rate',
    }),
    units: PositiveCreditsSchema.meta({
      description: 'How much was used, in the product’s units, as a canonical decimal string above zero',
    }),
    id: UsageIdSchema,
    at: InstantInputSchema.optional().meta({ description: 'When it was used. Default: now' }),
    use_credits: z.boolean().optional().meta({
      description: 'For an account that wants to be asked: yes, credits may pay what the plan does not cover',
    }),
  })
  .meta({
    id: 'UsageRequest',
    example: { account_id: 'user_ada', product: 'codex', units: '2.5', id: 'req_018f' },
  });
export type UsageBody = z.infer<typeof UsageBodySchema>;

const ChargedSchema = z.object({
  plan: CreditsSchema.meta({ description: 'Paid by the plan, in credits’ worth at the rate card' }),
  credits: CreditsSchema.meta({ description: 'Paid by credits, the organisation’s or the account’s own' }),
  invoiced: PositiveCreditsSchema.optional().meta({
    description: 'What the organisation is invoiced for at the end of its billing month, where it is',
  }),
});

export const UsageSchema = z
  .object({
    allowed: z.literal(true).describe('The use is charged'),
    charged: ChargedSchema.describe('What paid for it'),
    windows: WindowsSchema.describe('Use of the plan after it'),
    available: CreditsSumSchema.meta({
      description: 'Credits of the account itself that it can still spend',
    }),
  })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof UsageSchema>;

/** One line of `GET /v1/accounts/{id}/usage`: a use with everything that paid for it. */
export const ChargeSchema = z
  .object({
    id: z.string().describe('The caller’s own id of the use'),
    at: InstantSchema.meta({ description: 'When it was used: it is judged at this moment' }),
    told_at: InstantSchema.meta({ description: 'When Boon was told of it' }),
    product: z.string().describe('What was used'),
    model: z.string().nullable().describe('The model that was used; null where none was named'),
    units: CreditsSchema.describe('How much was used, in the product’s units'),
    charged: ChargedSchema.describe('What paid for it'),
    windows: z
      .object({
        five_hour: InstantSchema.nullable().describe(
          'When the window of 5 hours began; null where the plan paid nothing',
        ),
        weekly: InstantSchema.nullable().describe(
          'When the window of 7 days began; null where the plan paid nothing',
        ),
      })
      .meta({
        description: 'When the windows began in which the plan’s part counts; null where it paid nothing',
      }),
    lots: z
      .array(
        z.object({
          account_id: z.string().describe('Whose lot: the account’s own or the organisation’s'),
          lot_id: LotIdSchema.describe('The lot'),
          amount: CreditsSchema.describe('What it paid'),
        }),
      )
      .meta({ description: 'Whose lots paid the rest' }),
    policy_version: z.string().meta({ description: 'Whose rate card it was charged at' }),
  })
  .meta({ id: 'Charge' });
export type Charge = z.infer<typeof ChargeSchema>;

/** `GET /v1/accounts/{id}/pool`: what the members of an organisation took of its credits this month, and what it will be invoiced for. */
export const PoolSchema = z
  .object({
    account_id: z.string().describe('The organisation'),
    available: CreditsSumSchema.describe('Credits that it can spend'),
    month: MonthSchema.describe('The billing month that is running'),
    spent: CreditsSumSchema.meta({ description: 'By all uses this month' }),
    spending_limit: CreditsSchema.nullable().describe(
      'The most that all uses may take of its credits in the month; null is no limit',
    ),
    billing: z.enum(BILLING_SWITCHES).meta({ description: 'What happens to uses beyond plan and pool' }),
    invoice: z
      .object({
        month: MonthSchema.meta({ description: 'At its end it is invoiced' }),
        charged: CreditsSumSchema.meta({ description: 'So far, in credits’ worth at the rate card' }),
        ceiling: CreditsSchema.nullable().meta({ description: 'The most that may be; null is no limit' }),
        total: MoneySchema.meta({ description: 'What the invoice would come to now' }),
      })
      .nullable()
      .meta({ description: 'The month’s invoice so far; null where there will be none' }),
    members: z
      .array(
        z.object({
          account_id: z.string().describe('The member'),
          spent: CreditsSumSchema.describe('Credits that the member took this month'),
          invoiced: CreditsSumSchema.meta({ description: 'Of the month’s invoice so far' }),
          limit: CreditsSchema.nullable().meta({
            description: 'The most that this member may take in a month, of credits and invoice together',
          }),
        }),
      )
      .describe('What each member took, the most first'),
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof PoolSchema>;
