/** An account, what it owns, how that came about, and what it may give. */
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AccountSchema } from '../../contracts/accounts/account.schema.ts';
import {
  BalanceQuerySchema,
  BalanceSchema,
  GiftingSchema,
  MovementSchema,
} from '../../contracts/accounts/holding.schema.ts';
import {
  AccountIdSchema,
  AnyAccountIdSchema,
  PageQuerySchema,
  pageOf,
} from '../../contracts/primitives.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { readRefusals } from '../route/answers.ts';
import { tagged } from '../route/entity-tag.ts';
import type { ServerParts } from '../route/server-parts.ts';

const OwnIdSchema = z.object({ id: AccountIdSchema });
const IdSchema = z.object({ id: AnyAccountIdSchema });

export const holdingRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/accounts/:id',
    config: { access: servicesAndOwner('accounts:read'), documented: { isTagged: true } },
    schema: {
      operationId: 'getAccount',
      tags: ['Accounts'],
      summary: 'Show an account',
      params: OwnIdSchema,
      response: { 200: AccountSchema, ...readRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { account, etag } = await ledger.showAccount(ownAccountOf(request), clock().toISOString());
      return tagged(reply, { etag, value: account });
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/balance',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getBalance',
      tags: ['Accounts'],
      summary: 'Show what an account has, now or at a past time',
      params: IdSchema,
      querystring: BalanceQuerySchema,
      response: { 200: BalanceSchema, ...readRefusals('not_found') },
    },
    handler: (request) => ledger.balance(ownAccountOf(request), clock().toISOString(), request.query.as_of),
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/statement',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getStatement',
      tags: ['Accounts'],
      summary: 'List every movement of an account, the latest first',
      params: IdSchema,
      querystring: PageQuerySchema,
      response: { 200: pageOf(MovementSchema).meta({ id: 'Statement' }), ...readRefusals('not_found') },
    },
    handler: (request) => ledger.statement(ownAccountOf(request), request.query),
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/gifting',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getGifting',
      tags: ['Accounts'],
      summary: 'Check whether an account may give, how much, and if not, why',
      params: OwnIdSchema,
      response: { 200: GiftingSchema, ...readRefusals('not_found') },
    },
    handler: (request) => ledger.gifting(ownAccountOf(request), clock().toISOString()),
  });
};

/** The account of the path. @throws BoonError `not_found` for an end user whose own it is not. */
function ownAccountOf(request: FastifyRequest<{ Params: { id: string } }>): string {
  requireOwnAccount(callerOf(request), request.params.id);
  return request.params.id;
}
