/** Grants are listed and shown. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { GrantListQuerySchema, GrantSchema } from '../../contracts/accounts/holding.schema.ts';
import { BoonError } from '../../contracts/errors.ts';
import { LotIdSchema, pageOf } from '../../contracts/primitives.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Grants'];

export const grantReadRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger }) => {
  app.route({
    method: 'GET',
    url: '/v1/credits/grants',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'listGrants',
      tags: TAGS,
      summary: 'List what an account was granted, the latest first',
      description: 'Rewards and credits of campaigns are among it; purchases and gifts are not.',
      querystring: GrantListQuerySchema,
      response: { 200: pageOf(GrantSchema).meta({ id: 'GrantList' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      const { limit, cursor, ...filter } = request.query;
      requireOwnAccount(callerOf(request), filter.account_id);
      return ledger.listGrants(filter, { limit, cursor });
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/credits/grants/:id',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getGrant',
      tags: TAGS,
      summary: 'Show a grant: what was granted, and what is left of it',
      params: z.object({ id: LotIdSchema }),
      response: { 200: GrantSchema, ...readRefusals('not_found') },
    },
    handler: async (request) => {
      const { id } = request.params;
      const grant = await ledger.findGrant(id);
      const caller = callerOf(request);
      if (caller.kind === 'user' && caller.accountId !== grant.account_id) {
        // Worded like the ledger's refusal, so that an end user cannot tell another's grant from none.
        throw new BoonError('not_found', `There is no grant "${id}".`);
      }
      return grant;
    },
  });
};
