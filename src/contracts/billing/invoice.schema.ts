/** Invoices, as HTTP shows them. */
import { z } from 'zod';
import { MoneySchema, PositiveMoneySchema } from '../money.schema.ts';
import { MonthSchema } from '../month.schema.ts';
import {
  CreditsSumSchema,
  InstantSchema,
  PageQuerySchema,
  ReasonSchema,
  textSchema,
} from '../primitives.schema.ts';
import { INVOICE_CORRECTION_KINDS, INVOICE_NOTICES, INVOICE_STATUSES } from './invoice.ts';

export const InvoiceSchema = z
  .object({
    id: z.string().describe('Id of the invoice'),
    account_id: z.string().describe('The organisation that is invoiced'),
    month: MonthSchema.meta({ description: 'The billing month that it is for' }),
    status: z
      .enum(INVOICE_STATUSES)
      .describe('`credited`: credit notes took off all of it; `void`: nothing of it is owed'),
    credits: CreditsSumSchema.meta({
      description: 'The sum of what was charged, in credits’ worth at the rate card',
    }),
    total: MoneySchema.describe('What it came to when it was issued'),
    credited: MoneySchema.meta({ description: 'What credit notes took off the total' }),
    open: MoneySchema.meta({ description: 'What is still to be paid' }),
    issued_at: InstantSchema.describe('When it was issued'),
    due_at: InstantSchema.describe('Until when it is to be paid'),
    paid_at: InstantSchema.nullable().describe('When it was paid; null: not yet'),
    voided_at: InstantSchema.nullable().describe('When it was voided; null: it was not'),
    payment_url: z.string().nullable().meta({ description: 'The provider’s page on which it is paid' }),
    notice: z
      .enum(INVOICE_NOTICES)
      .nullable()
      .meta({ description: 'What happened to its mail; null until the mail is sent or given up' }),
    provider_fault: z.string().nullable().meta({
      description: 'Where the provider’s invoice differs from this one; someone must fix it at the provider',
    }),
  })
  .meta({ id: 'Invoice' });

export const InvoiceSearchQuerySchema = PageQuerySchema.extend({
  status: z.enum(INVOICE_STATUSES).optional().meta({ description: 'Only invoices that are so' }),
  month: z
    .string()
    .regex(/^(20|21)\d\d-(0[1-9]|1[0-2])$/, 'must be a month such as "2026-11"')
    .optional()
    .meta({ description: 'Only billing months that began in this month (UTC)', example: '2026-11' }),
});

const InvoiceLineSchema = z.object({
  member_id: z.string().describe('Who used it'),
  product: z.string().describe('What was used'),
  model: z.string().nullable().describe('The model that was used; null where none was named'),
  uses: z.int().describe('How many uses'),
  units: CreditsSumSchema.meta({
    description: 'Of the whole uses; the plan or the pool may have paid a part of them',
  }),
  credits: CreditsSumSchema.describe('What of them is invoiced, in credits’ worth at the rate card'),
  amount: MoneySchema.meta({ description: 'Its part of the total' }),
});

export const InvoiceCorrectionSchema = z
  .object({
    id: z.string().describe('Id of the correction'),
    invoice_id: z.string().describe('The invoice that it corrects'),
    kind: z
      .enum(INVOICE_CORRECTION_KINDS)
      .describe('A credit note over a part, or the voiding of all that was open'),
    credits: CreditsSumSchema.meta({ description: 'What the total is of the invoice’s credits' }),
    total: MoneySchema.describe('What it takes off the invoice'),
    reason: z.string().describe('What the operator wrote'),
    at: InstantSchema.describe('When it was made'),
  })
  .meta({ id: 'InvoiceCorrection' });

/** `GET /v1/invoices/{id}`: the lines add up to the invoice's credits and total; corrections leave them as they are. */
export const InvoiceWithLinesSchema = InvoiceSchema.extend({
  lines: z.array(InvoiceLineSchema).describe('What each member used; they add up to the invoice'),
  corrections: z.array(InvoiceCorrectionSchema).describe('What was taken off it since, the first first'),
}).meta({ id: 'InvoiceWithLines' });
export type InvoiceWithLines = z.infer<typeof InvoiceWithLinesSchema>;

/** Body of `POST /v1/invoices/{id}/void`. */
export const VoidInvoiceSchema = z
  .strictObject({ reason: ReasonSchema.describe('Why; it is kept in the record') })
  .meta({ id: 'VoidInvoice', example: { reason: 'billed twice, ticket 4711' } });

/** Body of `POST /v1/invoices/{id}/credit-notes`. */
export const CreditNoteSchema = z
  .strictObject({
    amount: PositiveMoneySchema.meta({ description: 'What is credited, in the invoice’s currency' }),
    reason: ReasonSchema.describe('Why; it is kept in the record'),
  })
  .meta({ id: 'CreditNote', example: { amount: { amount: 1250, currency: 'usd' }, reason: 'ticket 4711' } });

/** Body of `POST /v1/invoices/{id}/mark-paid`. */
export const MarkPaidSchema = z
  .strictObject({
    reference: textSchema(200).meta({ description: 'By what it was paid: a bank’s reference, say' }),
  })
  .meta({ id: 'MarkPaid', example: { reference: 'wire 2026-04-07/118' } });
