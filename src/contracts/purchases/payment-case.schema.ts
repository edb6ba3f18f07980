/** Cases of payments, as HTTP takes and shows them. */
import { z } from 'zod';
import { MoneySchema } from '../money.schema.ts';
import { AccountIdSchema, InstantSchema, PageQuerySchema, ReasonSchema } from '../primitives.schema.ts';
import { CASE_REASONS, CASE_STATUSES } from './payment-case.ts';

const NullableTextSchema = z.string().nullable();

export const PaymentCaseSchema = z
  .object({
    id: z.string().describe('Id of the case'),
    status: z.enum(CASE_STATUSES).describe('Whether it still waits for a person'),
    account_id: z.string().describe('Who was to pay'),
    purchase_id: NullableTextSchema.meta({ description: 'The purchase that the payment names' }),
    invoice_id: NullableTextSchema.meta({ description: 'The invoice that the payment names' }),
    reason_code: z.enum(CASE_REASONS).meta({ description: 'Why the payment does not fit' }),
    payment_id: NullableTextSchema.meta({ description: 'The provider’s id of the payment' }),
    checkout_id: NullableTextSchema.meta({
      description: 'The provider’s id of the page that it was paid on',
    }),
    event: NullableTextSchema.meta({ description: 'The provider’s id of the message' }),
    paid: MoneySchema.nullable().meta({
      description: 'What was paid; null where the provider does not say all of it',
    }),
    live: z.boolean().nullable().meta({ description: 'Whether it was paid in the provider’s live mode' }),
    price: MoneySchema.meta({ description: 'What would have been right' }),
    refunded: MoneySchema.meta({ description: 'What refunds have given back of this payment' }),
    disputed: MoneySchema.meta({ description: 'What disputes that are not won hold of this payment' }),
    opened_at: InstantSchema.describe('When it was opened'),
    closed_at: InstantSchema.nullable().describe('When it was closed; null: not yet'),
    closed_by: NullableTextSchema.describe('Who closed it'),
    close_reason: NullableTextSchema.describe('What was decided'),
  })
  .meta({ id: 'PaymentCase' });

/** What `GET /v1/credits/cases` takes. */
export const PaymentCaseQuerySchema = PageQuerySchema.extend({
  status: z.enum(CASE_STATUSES).optional().describe('Only cases in this status'),
  account_id: AccountIdSchema.optional().describe('Only cases of this account'),
});

/** Body of `POST /v1/credits/cases/{id}/close`. */
export const ClosePaymentCaseSchema = z
  .strictObject({ reason: ReasonSchema.describe('What was decided; it is kept in the record') })
  .meta({ id: 'ClosePaymentCase', example: { reason: 'refunded at the provider' } });
