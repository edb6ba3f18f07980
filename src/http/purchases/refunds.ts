/** Refunds by their own ids; they are asked for at their purchases. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { RecordIdSchema } from '../../contracts/primitives.schema.ts';
import { RefundSchema } from '../../contracts/purchases/refund.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

export const refundRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/v1/credits/refunds/:id',
    config: { access: servicesAndOwner('purchases:read') },
    schema: {
      operationId: 'getRefund',
      tags: ['Purchases'],
      summary: 'Show a refund',
      params: z.object({ id: RecordIdSchema }),
      response: { 200: RefundSchema, ...readRefusals('not_found') },
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const refund = await ledger.findRefund(request.params.id);
      if (caller.kind === 'service') return refund;
      if (caller.accountId === refund.account_id) return { ...refund, reason: null };
      // Worded like the ledger's refusal, so that an end user cannot tell another's refund from none.
      throw new BoonError('not_found', `There is no refund "${refund.id}".`);
    },
  });
};
