/** Accounts: who owns value, what they own, and what they may give. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  AccountPutSchema,
  AccountSchema,
  BalanceQuerySchema,
  BalanceSchema,
  GiftingSchema,
  MovementSchema,
} from '../../contracts/accounts/account.schema.ts';
import {
  AccountIdSchema,
  AnyAccountIdSchema,
  PageQuerySchema,
  pageOf,
} from '../../contracts/primitives.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { createReferralTeller } from '../referrals/referral-teller.ts';
import { readRefusals, writeRefusals } from '../route/answers.ts';
import { ofKnownAccount } from '../route/known-account.ts';
import type { ServerParts } from '../route/server-parts.ts';

/** Gifts whose processes are signaled at once that a freeze has ended; `reconcile` signals the rest. */
const TOLD = 100;

/** What shows that an account's referrals do not count. */
const TELLING = ['last_active_at', 'created_at', 'fingerprints', 'email'] as const;

const OwnIdSchema = z.object({ id: AccountIdSchema });
const IdSchema = z.object({ id: AnyAccountIdSchema });

export const accountRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, clock, giftProcess, starts } = parts;
  const tellEnds = createReferralTeller(parts);

  /** Processes of gifts that a freeze held wait for the end of the hold: they learn that it has ended. */
  function tellReleasedGifts(accountId: string): void {
    starts.add(`gifts of ${accountId}`, 'tell released', async () => {
      const filter = { account_id: accountId, sent: true, received: true, status: 'pending' as const };
      const { data } = await ledger.listGifts(filter, { limit: TOLD });
      if (data.length > 0) await giftProcess.refresh(data.map((gift) => gift.id));
    });
  }

  app.route({
    method: 'PUT',
    url: '/v1/accounts/:id',
    config: { access: services('accounts:write') },
    schema: {
      operationId: 'putAccount',
      tags: ['Accounts'],
      summary: 'Create or change an account',
      description:
        'Fields that are left out stay as they are. Freezing an account holds its open gifts; making it active again releases those. A new billing day takes effect at the end of the running month.',
      params: OwnIdSchema,
      body: AccountPutSchema,
      response: { 200: AccountSchema, ...writeRefusals() },
    },
    handler: async (request) => {
      const account = await ledger.putAccount(request.params.id, request.body, clock().toISOString());
      if (request.body.status === 'active') tellReleasedGifts(account.id);
      if (TELLING.some((field) => request.body[field] !== undefined)) tellEnds(account.id);
      return account;
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getAccount',
      tags: ['Accounts'],
      summary: 'Show an account',
      params: OwnIdSchema,
      response: { 200: AccountSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.showAccount(request.params.id, clock().toISOString());
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
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.balance(request.params.id, clock().toISOString(), request.query.as_of);
    },
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
    handler: async (request) => {
      const { id } = request.params;
      requireOwnAccount(callerOf(request), id);
      const page = await ledger.statement(id, request.query);
      return ofKnownAccount(ledger, id, clock().toISOString(), page);
    },
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
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.gifting(request.params.id, clock().toISOString());
    },
  });
};
