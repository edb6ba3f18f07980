/** What operators take off invoices that are open: a part by a credit note, or all of it by voiding. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  CreditNoteSchema,
  InvoiceCorrectionSchema,
  InvoiceSchema,
  VoidInvoiceSchema,
} from '../../contracts/billing/invoice.schema.ts';
import { callerOf, services } from '../callers/access.ts';
import { principalId } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { pathOf, recordedRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { InvoiceIdSchema } from './invoices.ts';

const TAGS = ['Invoices'];
const operator = { access: services('invoices:operate'), idempotency: 'required' } as const;

export const invoiceCorrectionRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'POST',
    url: '/v1/invoices/:id/void',
    config: operator,
    schema: {
      operationId: 'voidInvoice',
      tags: TAGS,
      summary: 'Void an open invoice: nothing of it is owed any longer',
      description:
        'Its lines stay. If a payment provider collects it, the provider is informed within minutes.',
      params: InvoiceIdSchema,
      body: VoidInvoiceSchema,
      response: { 200: InvoiceSchema, ...recordedRefusals('not_found', 'invoice_closed') },
    },
    handler: async (request, reply) => {
      const { value, replayed } = await ledger.correctInvoice({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id: request.params.id,
        kind: 'void',
        said_by: principalId(callerOf(request)),
        ...request.body,
      });
      return recordedAnswer(reply, { value: value.invoice, replayed });
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/invoices/:id/credit-notes',
    config: { ...operator, location: ({ invoice_id }) => pathOf('/v1/invoices', invoice_id) },
    schema: {
      operationId: 'creditInvoice',
      tags: TAGS,
      summary: 'Credit a part of an open invoice',
      description:
        'Less is owed; an invoice that is credited in whole is closed. If a payment provider collects it, the provider is informed within minutes.',
      params: InvoiceIdSchema,
      body: CreditNoteSchema,
      response: {
        201: InvoiceCorrectionSchema,
        ...recordedRefusals('not_found', 'invoice_closed', 'over_open_amount'),
      },
    },
    handler: async (request, reply) => {
      const { value, replayed } = await ledger.correctInvoice({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id: request.params.id,
        kind: 'credit',
        said_by: principalId(callerOf(request)),
        reason: request.body.reason,
        ...request.body.amount,
      });
      return recordedAnswer(reply.code(201), { value: value.correction, replayed });
    },
  });
};
