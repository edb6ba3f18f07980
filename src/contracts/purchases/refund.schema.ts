/** Refunds, as HTTP takes and shows them. */
import { z } from 'zod';
import { MoneyInputSchema, MoneySchema, PositiveMoneySchema } from '../money.schema.ts';
import { CreditsSchema, InstantSchema, ReasonSchema } from '../primitives.schema.ts';
import { REFUND_STATUSES } from './refund.ts';

/** Body of `POST /v1/credits/purchases/{id}/refund`. */
export const RefundRequestSchema = z
  .strictObject({
    reason: ReasonSchema,
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
      description: 'What the provider has given back of the payment, in all: as it stands there',
    }),
    reason: ReasonSchema,
  })
  .meta({
    id: 'CorrectRefunded',
    example: { refunded: { amount: 0, currency: 'usd' }, reason: 'the refund failed, case 4711' },
  });
export type CorrectRefunded = z.infer<typeof CorrectRefundedSchema>;

export const RefundSchema = z
  .object({
    id: z.string(),
    purchase_id: z.string(),
    account_id: z.string(),
    status: z.enum(REFUND_STATUSES),
    amount: MoneySchema.meta({ description: 'What goes back' }),
    reason: z.string().nullable().meta({ description: 'What the operator wrote; for operators only' }),
    taken_back: z
      .object({ credits: CreditsSchema, resets: z.int() })
      .meta({ description: 'What the account lost by it; given back when it fails' }),
    owed: CreditsSchema.meta({ description: 'Credits that were spent before' }),
    created_at: InstantSchema,
    ended_at: InstantSchema.nullable(),
    reason_code: z.string().nullable().meta({ description: 'Why it failed, in the provider’s word' }),
  })
  .meta({ id: 'Refund' });
