/** Packages and purchases of credits and resets. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  AccountIdSchema,
  PageQuerySchema,
  pageOf,
  RecordIdSchema,
} from '../../contracts/primitives.schema.ts';
import {
  PackageListSchema,
  PurchaseRequestSchema,
  PurchaseSchema,
} from '../../contracts/purchases/purchase.schema.ts';
import {
  CorrectRefundedSchema,
  RefundRequestSchema,
  RefundSchema,
} from '../../contracts/purchases/refund.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from '../route/answers.ts';
import type { PurchaseDesk } from './purchase-desk.ts';

const TAGS = ['Purchases'];
const keyed = { idempotency: 'required' } as const;
const buying = { access: servicesAndOwner('purchases:write'), location: '/v1/credits/purchases', ...keyed };
const refunding = { access: services('purchases:operate'), location: '/v1/credits/refunds', ...keyed };

export const purchaseRoutes: FastifyPluginAsyncZod<{ desk: PurchaseDesk }> = async (app, { desk }) => {
  app.route({
    method: 'POST',
    url: '/v1/credits/purchases',
    config: buying,
    schema: {
      operationId: 'createPurchase',
      tags: TAGS,
      summary: 'Buy a package of credits or resets',
      description:
        'Send the buyer to `checkout.url`. What was bought is there as soon as the provider says that it is paid.',
      body: PurchaseRequestSchema,
      response: {
        201: PurchaseSchema,
        ...recordedRefusals('not_found', 'account_frozen', 'account_full', 'payments_off', 'payment_refused'),
      },
    },
    handler: async (request, reply) => {
      requireOwnAccount(callerOf(request), request.body.account_id);
      const recorded = await desk.buy(request.body, businessKeyOf(request));
      reply.code(201);
      return recordedAnswer(reply, recorded);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/credits/purchases/:id/refund',
    config: refunding,
    schema: {
      operationId: 'refundPurchase',
      tags: TAGS,
      summary: 'Refund a purchase, in whole or in part',
      description:
        'The refund’s share of what was bought leaves the account at once, then the provider is asked to send the money; if it refuses, what was taken comes back and the refund is `failed`. What waits in open gifts is taken too, and they end. What is spent already is refunded only with `include_spent`: credits are then owed. See `refunds` of the purchase for its progress.',
      params: z.object({ id: RecordIdSchema }),
      body: RefundRequestSchema,
      response: {
        202: RefundSchema,
        ...recordedRefusals('not_found', 'not_paid', 'over_refund', 'already_spent', 'payments_off'),
      },
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      const recorded = await desk.refund(callerOf(request), params.id, body, businessKeyOf(request));
      reply.code(202);
      return recordedAnswer(reply, recorded);
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/credits/purchases/:id/correct-refunded',
    config: { access: services('purchases:operate'), idempotency: 'required' },
    schema: {
      operationId: 'correctRefunded',
      tags: TAGS,
      summary: 'Correct what Boon believes that the provider has given back',
      description:
        'For a refund made at the provider whose messages were lost, or cannot be trusted. `refunded` is the total that the provider shows; what was bought follows it, either way. Refunds that were requested through Boon are not changed by it.',
      params: z.object({ id: RecordIdSchema }),
      body: CorrectRefundedSchema,
      response: { 200: PurchaseSchema, ...recordedRefusals('not_found', 'not_paid') },
    },
    handler: async (request, reply) => {
      const { params, body } = request;
      const caller = callerOf(request);
      return recordedAnswer(
        reply,
        await desk.correctRefunded(caller, params.id, body, businessKeyOf(request)),
      );
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/credits/purchases/:id',
    config: { access: servicesAndOwner('purchases:read') },
    schema: {
      operationId: 'getPurchase',
      tags: TAGS,
      summary: 'Show a purchase',
      params: z.object({ id: RecordIdSchema }),
      response: { 200: PurchaseSchema, ...readRefusals('not_found') },
    },
    handler: (request) => desk.show(callerOf(request), request.params.id),
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/purchases',
    config: { access: servicesAndOwner('purchases:read') },
    schema: {
      operationId: 'listPurchases',
      tags: TAGS,
      summary: 'List an account’s purchases, the latest first',
      params: z.object({ id: AccountIdSchema }),
      querystring: PageQuerySchema,
      response: { 200: pageOf(PurchaseSchema).meta({ id: 'PurchaseList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return desk.list(callerOf(request), request.params.id, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/credits/packages',
    config: { access: servicesAndOwner('purchases:read') },
    schema: {
      operationId: 'listPackages',
      tags: TAGS,
      summary: 'List what can be bought',
      response: { 200: PackageListSchema, ...readRefusals() },
    },
    handler: () => desk.packages(),
  });
};
