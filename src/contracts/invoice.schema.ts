/** Invoices, as HTTP shows them. */
import { z } from 'zod';
import { INVOICE_NOTICES, INVOICE_STATUSES } from './invoice.ts';
import { PriceSchema } from './policy.schema.ts';
import { CreditsSchema, InstantSchema, textSchema } from './primitives.schema.ts';

export const InvoiceSchema = z
  .object({
    id: z.string(),
    account_id: z.string(),
    month: z
      .string()
      .meta({ description: 'The day on which the billing month began', example: '2026-02-28' }),
    starts_at: InstantSchema,
    ends_at: InstantSchema,
    status: z.enum(INVOICE_STATUSES),
    credits: CreditsSchema.meta({
      description: 'The sum of what was charged, in credits’ worth at the rate card',
    }),
    total: PriceSchema,
    issued_at: InstantSchema,
    due_at: InstantSchema,
    paid_at: InstantSchema.nullable(),
    payment_url: z.string().nullable().meta({ description: 'The provider’s page on which it is paid' }),
    notice: z
      .enum(INVOICE_NOTICES)
      .nullable()
      .meta({ description: 'What became of the mail that tells of it; null until it is seen to' }),
  })
  .meta({ id: 'Invoice' });

const InvoiceLineSchema = z.object({
  member_id: z.string(),
  product: z.string(),
  model: z.string().nullable(),
  uses: z.int(),
  units: CreditsSchema.meta({
    description: 'Of the whole uses; the plan or the pool may have paid a part of them',
  }),
  credits: CreditsSchema,
  amount: z.int().meta({ description: 'Its part of the total, in the currency’s smallest unit' }),
});

/** `GET /v1/invoices/{id}`: the lines add up to the invoice's credits and total. */
export const InvoiceWithLinesSchema = InvoiceSchema.extend({ lines: z.array(InvoiceLineSchema) }).meta({
  id: 'InvoiceWithLines',
});
export type InvoiceWithLines = z.infer<typeof InvoiceWithLinesSchema>;

/** Body of `POST /v1/invoices/{id}/mark-paid`. */
export const MarkPaidSchema = z
  .strictObject({
    reference: textSchema(200).meta({ description: 'By what it was paid: a bank’s reference, say' }),
  })
  .meta({ id: 'MarkPaid', example: { reference: 'wire 2026-04-07/118' } });
