/** Cases of payments that do not match what they name: listed, shown and closed by operators. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageOf, RecordIdSchema } from '../../contracts/primitives.schema.ts';
import {
  ClosePaymentCaseSchema,
  PaymentCaseQuerySchema,
  PaymentCaseSchema,
} from '../../contracts/purchases/payment-case.schema.ts';
import { callerOf, services } from '../callers/access.ts';
import { principalId } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Purchases'];
const access = services('purchases:operate');
const IdSchema = z.object({ id: RecordIdSchema });

export const paymentCaseRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/credits/cases',
    config: { access },
    schema: {
      operationId: 'listPaymentCases',
      tags: TAGS,
      summary: 'List payments that do not match what they name, the latest first',
      description: 'Nothing has moved for such a payment: a person decides what happens to its money.',
      querystring: PaymentCaseQuerySchema,
      response: { 200: pageOf(PaymentCaseSchema).meta({ id: 'PaymentCaseList' }), ...readRefusals() },
    },
    handler: ({ query: { status, account_id, ...page } }) =>
      ledger.listPaymentCases({ status, account_id }, page),
  });

  app.route({
    method: 'GET',
    url: '/v1/credits/cases/:id',
    config: { access },
    schema: {
      operationId: 'getPaymentCase',
      tags: TAGS,
      summary: 'Show a case',
      params: IdSchema,
      response: { 200: PaymentCaseSchema, ...readRefusals('not_found') },
    },
    handler: (request) => ledger.findPaymentCase(request.params.id),
  });

  app.route({
    method: 'POST',
    url: '/v1/credits/cases/:id/close',
    config: { access, idempotency: 'required' },
    schema: {
      operationId: 'closePaymentCase',
      tags: TAGS,
      summary: 'Close a case, with what was decided',
      description: 'It changes nothing else: refund the payment at the provider, or grant what it was for.',
      params: IdSchema,
      body: ClosePaymentCaseSchema,
      response: { 200: PaymentCaseSchema, ...recordedRefusals('not_found', 'case_closed') },
    },
    handler: async (request, reply) => {
      const closed = await ledger.closePaymentCase({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id: request.params.id,
        said_by: principalId(callerOf(request)),
        reason: request.body.reason,
      });
      return recordedAnswer(reply, closed);
    },
  });
};
