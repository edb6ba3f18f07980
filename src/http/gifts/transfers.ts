/** Gifts: given, looked at, listed. What is done to one afterwards is in `transfer-actions.ts`. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ErrorCode } from '../../contracts/error-codes.ts';
import {
  TransferListQuerySchema,
  TransferRequestSchema,
  TransferSchema,
} from '../../contracts/gifts/transfer.schema.ts';
import { GiftIdSchema, pageOf } from '../../contracts/primitives.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { GiftDesk } from './gift-desk.ts';

const TAGS = ['Transfers'];

/** Why a gift may be refused. */
const GIFT_REFUSALS: readonly ErrorCode[] = [
  'not_found',
  'insufficient_credits',
  'not_giftable',
  'identity_unverified',
  'gift_limit_exceeded',
  'self_gift',
  'account_frozen',
  'recipient_ineligible',
  'gift_denied',
];

export const TransferIdSchema = z.object({ id: GiftIdSchema });

export const transferRoutes: FastifyPluginAsyncZod<{ desk: GiftDesk }> = async (app, { desk }) => {
  app.route({
    method: 'POST',
    url: '/v1/transfers',
    config: { access: servicesAndOwner('gifts:write'), idempotency: 'required', location: '/v1/transfers' },
    schema: {
      operationId: 'createTransfer',
      tags: TAGS,
      summary: 'Give credits to another account or an e-mail address',
      description:
        'The credits are taken at once and are nobody’s until the gift settles. To an e-mail address they wait for their claim.',
      body: TransferRequestSchema,
      response: { 202: TransferSchema, ...recordedRefusals(...GIFT_REFUSALS) },
    },
    handler: async (request, reply) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.body.from);
      const recorded = await desk.accept(caller, request.body, businessKeyOf(request));
      reply.code(202);
      return recordedAnswer(reply, recorded);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/transfers/:id',
    config: { access: servicesAndOwner('gifts:read') },
    schema: {
      operationId: 'getTransfer',
      tags: TAGS,
      summary: 'Show a gift',
      params: TransferIdSchema,
      response: { 200: TransferSchema, ...readRefusals('not_found') },
    },
    handler: (request) => desk.show(callerOf(request), request.params.id),
  });

  app.route({
    method: 'GET',
    url: '/v1/transfers',
    config: { access: servicesAndOwner('gifts:read') },
    schema: {
      operationId: 'listTransfers',
      tags: TAGS,
      summary: 'List the gifts that an account sent or received, the latest first',
      querystring: TransferListQuerySchema,
      response: { 200: pageOf(TransferSchema).meta({ id: 'TransferList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.query.account_id);
      const { account_id, direction, status, limit, cursor } = request.query;
      const directions = direction.split(',');
      const filter = {
        account_id,
        status,
        sent: directions.includes('sent'),
        received: directions.includes('received'),
      };
      return desk.list(caller, filter, { limit, cursor });
    },
  });
};
