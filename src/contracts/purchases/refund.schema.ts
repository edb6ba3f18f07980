/** Refunds, as HTTP takes and shows them. */
import { z } from 'zod';
import { MoneyInputSchema, MoneySchema, PositiveMoneySchema } from '../money.schema.ts';
import { CreditsSchema, InstantSchema, ReasonSchema } from '../primitives.schema.ts';
import { REFUND_STATUSES } from './refund.ts';

/** Body of `POST /v1/credits/purchases/{id}/refund`. */
export const RefundRequestSchema = z
  .strictObject({
    reason: ReasonSchema.describe('Why; it is kept in the record'),
    amount: PositiveMoneySchema.optional().meta({
      description: 'How much, in the purchase’s currency. Left out: all that is left of what was paid',
    }),
    include_spent: z.boolean().optional().meta({
      description:
        'Also refund what was spent: such credits are a debt, which the next purchase pays; resets stay used. Default: false, and such a refund is refused',
    }),
  })
  .meta({
    id: 'RefundRequest',
    example: { reason: 'bought twice by mistake', amount: { amount: 280, currency: 'usd' } },
  });
export type RefundRequest = z.infer<typeof RefundRequestSchema>;

/** Body of `POST /v1/credits/purchases/{id}/correct-refunded`. */
export const CorrectRefundedSchema = z
  .strictObject({
    refunded: MoneyInputSchema.meta({
      description: 'What the provider has refunded of the payment in total',
    }),
    reason: ReasonSchema.describe('Why; it is kept in the record'),
  })
  .meta({
    id: 'CorrectRefunded',
    example: { refunded: { amount: 0, currency: 'usd' }, reason: 'the refund failed, case 4711' },
  });
export type CorrectRefunded = z.infer<typeof CorrectRefundedSchema>;

/** What went out of an account with money that went back. */
export const TakenBackSchema = z.object({
  credits: CreditsSchema.describe('How many credits'),
  resets: z.int().describe('How many banked resets'),
});

export const RefundSchema = z
  .object({
    id: z.string().describe('Id of the refund'),
    purchase_id: z.string().describe('The purchase whose money goes back'),
    account_id: z.string().describe('Who bought it'),
    status: z
      .enum(REFUND_STATUSES)
      .describe('`pending`: its money is on its way; `failed`: what it took is in the account again'),
    amount: MoneySchema.meta({ description: 'What goes back' }),
    reason: z.string().nullable().meta({ description: 'What the operator wrote; for operators only' }),
    taken_back: TakenBackSchema.meta({
      description: 'What the account lost by it; given back when it fails',
    }),
    owed: CreditsSchema.meta({ description: 'Credits that were spent before' }),
    created_at: InstantSchema.describe('When it was asked for'),
    ended_at: InstantSchema.nullable().describe('When it succeeded or failed; null: not yet'),
    reason_code: z.string().nullable().meta({ description: 'Why it failed, in the provider’s word' }),
  })
  .meta({ id: 'Refund' });
