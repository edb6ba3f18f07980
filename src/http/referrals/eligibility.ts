/** May an account invite, and if not, exactly why, and what would change it. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { AccountIdSchema } from '../../contracts/primitives.schema.ts';
import { EligibilityQuerySchema, EligibilitySchema } from '../../contracts/referrals/eligibility.schema.ts';
import { callerOf, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

export const eligibilityRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/eligibility',
    config: { access: servicesAndOwner('referrals:read') },
    schema: {
      operationId: 'getEligibility',
      tags: ['Referrals'],
      summary: 'Check whether an account may invite into a program, and if not, why',
      description:
        'The rule is the one that an invitation is checked by. `remaining_rewards` of 0 is no reason against inviting: a friend may qualify in the next month.',
      params: z.object({ id: AccountIdSchema }),
      querystring: EligibilityQuerySchema,
      response: { 200: EligibilitySchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.eligibility(request.params.id, request.query.program, clock().toISOString());
    },
  });
};
