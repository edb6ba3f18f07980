/** Invoices of organisations: listed, shown as JSON or CSV, and marked paid by an operator. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  InvoiceSchema,
  InvoiceWithLinesSchema,
  MarkPaidSchema,
} from '../../contracts/billing/invoice.schema.ts';
import { invoiceCsv } from '../../contracts/billing/invoice-csv.ts';
import { BoonError } from '../../contracts/errors.ts';
import { RecordIdSchema } from '../../contracts/primitives.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { principalId } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Invoices'];
export const InvoiceIdSchema = z.object({ id: RecordIdSchema });

export const invoiceRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/invoices/:id',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getInvoice',
      tags: TAGS,
      summary: 'Show an invoice with its lines and corrections',
      description: 'With `format=csv` its lines as comma-separated values, with a heading.',
      params: InvoiceIdSchema,
      querystring: z.strictObject({
        format: z
          .enum(['json', 'csv'])
          .optional()
          .describe('`csv`: its lines as comma-separated values. Default: `json`'),
      }),
      response: { 200: InvoiceWithLinesSchema, ...readRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const invoice = await ledger.findInvoice(id);
      const caller = callerOf(request);
      if (caller.kind === 'user' && caller.accountId !== invoice.account_id) {
        // Worded like the ledger's refusal, so that an end user cannot tell another's invoice from none.
        throw new BoonError('not_found', `There is no invoice "${id}".`);
      }
      if (request.query.format !== 'csv') return invoice;
      reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${id}.csv"`);
      return reply.send(invoiceCsv(invoice) as never);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/invoices/:id/mark-paid',
    config: { access: services('invoices:operate'), idempotency: 'required' },
    schema: {
      operationId: 'markInvoicePaid',
      tags: TAGS,
      summary: 'Record that the money of an invoice has arrived',
      description: 'An invoice that is paid stays as it is.',
      params: InvoiceIdSchema,
      body: MarkPaidSchema,
      response: { 200: InvoiceSchema, ...recordedRefusals('not_found', 'invoice_closed') },
    },
    handler: async (request, reply) => {
      const paid = await ledger.payInvoice({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id: request.params.id,
        said_by: principalId(callerOf(request)),
        reference: request.body.reference,
      });
      return recordedAnswer(reply, paid);
    },
  });
};
