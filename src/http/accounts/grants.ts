/** Grants: credits that come into an account from outside. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { GrantRequestSchema, GrantSchema } from '../../contracts/accounts/holding.schema.ts';
import { LotIdSchema } from '../../contracts/primitives.schema.ts';
import { services } from '../callers/access.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { pathOf, recordedRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Grants'];

export const grantRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'POST',
    url: '/v1/credits/grants',
    config: {
      access: services('grants:write'),
      idempotency: 'required',
      location: ({ id }) => pathOf('/v1/credits/grants', LotIdSchema.encode(id)),
    },
    schema: {
      operationId: 'createGrant',
      tags: TAGS,
      summary: 'Grant credits to an account',
      description: 'The account `boon:promotional` is the budget that pays for promotional gifts.',
      body: GrantRequestSchema,
      response: {
        201: GrantSchema,
        ...recordedRefusals('not_found', 'account_frozen', 'recipient_ineligible', 'account_full'),
      },
    },
    handler: async (request, reply) => {
      const { account_id, amount, source, expires_at, giftable, products, reason } = request.body;
      const recorded = await ledger.grant({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        account_id,
        amount,
        source,
        expires_at: expires_at ?? null,
        giftable: giftable ?? source === 'purchased',
        products,
        reason,
      });
      return { ...recordedAnswer(reply.code(201), recorded), account_id, reason };
    },
  });
};
