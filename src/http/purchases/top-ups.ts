/** Automatic top-ups: their consent, shown, given and withdrawn. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { AccountIdSchema } from '../../contracts/primitives.schema.ts';
import { TopUpPutSchema, TopUpSchema } from '../../contracts/purchases/purchase.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { principalId, requireOwnAccount } from '../callers/principal.ts';
import { readRefusals, writeRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Purchases'];
const IdSchema = z.object({ id: AccountIdSchema });
const url = '/v1/accounts/:id/top-up';

export const topUpRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, payments, clock }) => {
  const now = () => clock().toISOString();

  app.route({
    method: 'GET',
    url,
    config: { access: servicesAndOwner('purchases:read') },
    schema: {
      operationId: 'getTopUp',
      tags: TAGS,
      summary: 'Show whether an account has automatic top-ups, and what they have cost this month',
      params: IdSchema,
      response: { 200: TopUpSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.topUp(request.params.id, now());
    },
  });

  app.route({
    method: 'PUT',
    url,
    config: { access: servicesAndOwner('purchases:write') },
    schema: {
      operationId: 'putTopUp',
      tags: TAGS,
      summary: 'Consent to automatic top-ups',
      description:
        'Needs a card that a purchase with `save_card` left. A top-up that is refunded or disputed ends the consent.',
      params: IdSchema,
      body: TopUpPutSchema,
      response: {
        200: TopUpSchema,
        ...writeRefusals('not_found', 'account_frozen', 'card_required', 'payments_off'),
      },
    },
    handler: (request) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.params.id);
      if (payments === undefined) throw new BoonError('payments_off', 'No payment provider is set up.');
      return ledger.putTopUp(request.params.id, request.body, principalId(caller), now());
    },
  });

  app.route({
    method: 'DELETE',
    url,
    config: { access: servicesAndOwner('purchases:write') },
    schema: {
      operationId: 'deleteTopUp',
      tags: TAGS,
      summary: 'Withdraw the consent to automatic top-ups',
      params: IdSchema,
      response: { 200: TopUpSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      const caller = callerOf(request);
      requireOwnAccount(caller, request.params.id);
      return ledger.putTopUp(request.params.id, null, principalId(caller), now());
    },
  });
};
