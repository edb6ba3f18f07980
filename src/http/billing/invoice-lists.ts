/** Lists of invoices: an organisation's, and those of all. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { InvoiceSchema, InvoiceSearchQuerySchema } from '../../contracts/billing/invoice.schema.ts';
import { AccountIdSchema, PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Invoices'];

export const invoiceListRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/invoices',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'listInvoices',
      tags: TAGS,
      summary: 'List an organisation’s invoices, the latest month first',
      params: z.object({ id: AccountIdSchema }),
      querystring: PageQuerySchema,
      response: { 200: pageOf(InvoiceSchema).meta({ id: 'InvoiceList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.listInvoices(request.params.id, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/invoices',
    config: { access: services('accounts:read') },
    schema: {
      operationId: 'searchInvoices',
      tags: TAGS,
      summary: 'List the invoices of all organisations, the latest month first',
      querystring: InvoiceSearchQuerySchema,
      response: { 200: pageOf(InvoiceSchema).meta({ id: 'InvoiceList' }), ...readRefusals() },
    },
    handler: ({ query: { limit, cursor, ...filter } }) => ledger.searchInvoices(filter, { limit, cursor }),
  });
};
