/** Accounts as their owner describes them: made, changed, frozen; and the list of them. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  AccountListQuerySchema,
  type AccountPatch,
  AccountPatchSchema,
  AccountPutSchema,
  AccountSchema,
} from '../../contracts/accounts/account.schema.ts';
import { AccountIdSchema, pageOf } from '../../contracts/primitives.schema.ts';
import { services } from '../callers/access.ts';
import { createReferralTeller } from '../referrals/referral-teller.ts';
import { readRefusals, writeRefusals } from '../route/answers.ts';
import { IF_MATCH_HEADER, ifMatchOf, tagged } from '../route/entity-tag.ts';
import type { ServerParts } from '../route/server-parts.ts';

/** Gifts whose processes are signaled at once that a freeze has ended; `reconcile` signals the rest. */
const TOLD = 100;

/** What shows that an account's referrals do not count. */
const TELLING = ['last_active_at', 'created_at', 'fingerprints', 'email'] as const;

const WHAT_FOLLOWS =
  'Freezing an account holds its open gifts; making it active again releases those. A new billing day takes effect at the end of the running month.';

const IdSchema = z.object({ id: AccountIdSchema });
const tagging = {
  access: services('accounts:write'),
  documented: { isTagged: true, headers: [IF_MATCH_HEADER] },
};

export const accountRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, clock } = parts;
  const tellProcesses = createAccountTeller(parts);

  app.route({
    method: 'GET',
    url: '/v1/accounts',
    config: { access: services('accounts:read') },
    schema: {
      operationId: 'listAccounts',
      tags: ['Accounts'],
      summary: 'List accounts, by their ids',
      querystring: AccountListQuerySchema,
      response: { 200: pageOf(AccountSchema).meta({ id: 'AccountList' }), ...readRefusals() },
    },
    handler: ({ query: { limit, cursor, ...filter } }) =>
      ledger.listAccounts(filter, { limit, cursor }, clock().toISOString()),
  });

  app.route({
    method: 'PUT',
    url: '/v1/accounts/:id',
    config: { ...tagging, location: '/v1/accounts' },
    schema: {
      operationId: 'putAccount',
      tags: ['Accounts'],
      summary: 'Create or change an account',
      description: `Fields that are left out stay as they are. ${WHAT_FOLLOWS}`,
      params: IdSchema,
      body: AccountPutSchema,
      response: {
        200: AccountSchema,
        201: AccountSchema,
        ...writeRefusals('precondition_failed'),
      },
    },
    handler: async (request, reply) => {
      const now = clock().toISOString();
      const { params, body } = request;
      const { account, etag, made } = await ledger.putAccount(params.id, body, now, ifMatchOf(request));
      tellProcesses(account.id, body);
      if (made) reply.code(201);
      return tagged(reply, { etag, value: account });
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/accounts/:id',
    config: tagging,
    schema: {
      operationId: 'changeAccount',
      tags: ['Accounts'],
      summary: 'Change an account',
      description: `Changes what the body names. ${WHAT_FOLLOWS}`,
      params: IdSchema,
      body: AccountPatchSchema,
      response: { 200: AccountSchema, ...writeRefusals('not_found', 'precondition_failed') },
    },
    handler: async (request, reply) => {
      const now = clock().toISOString();
      const { params, body } = request;
      const { account, etag } = await ledger.changeAccount(params.id, body, now, ifMatchOf(request));
      tellProcesses(account.id, body);
      return tagged(reply, { etag, value: account });
    },
  });
};

/** Has the processes that wait for what has changed of an account look at it at once. */
function createAccountTeller(parts: ServerParts): (accountId: string, change: AccountPatch) => void {
  const { ledger, giftProcess, starts } = parts;
  const tellEnds = createReferralTeller(parts);

  /** Processes of gifts that a freeze held wait for the end of the hold: they learn that it has ended. */
  function tellReleasedGifts(accountId: string): void {
    starts.add(`gifts of ${accountId}`, 'tell released', async () => {
      const filter = { account_id: accountId, sent: true, received: true, status: 'pending' as const };
      const { data } = await ledger.listGifts(filter, { limit: TOLD });
      if (data.length > 0) await giftProcess.refresh(data.map((gift) => gift.id));
    });
  }

  return (accountId, change) => {
    if (change.status === 'active') tellReleasedGifts(accountId);
    if (TELLING.some((field) => change[field] !== undefined)) tellEnds(accountId);
  };
}
