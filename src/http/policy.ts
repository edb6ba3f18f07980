/** The policy that new gifts, uses and invitations are judged by. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { VersionedPolicySchema } from '../contracts/policy.schema.ts';
import { services } from './callers/access.ts';
import { readRefusals } from './route/answers.ts';
import type { ServerParts } from './route/server-parts.ts';

export const policyRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { policy }) => {
  app.route({
    method: 'GET',
    url: '/v1/policy',
    config: { access: services('policy:read') },
    schema: {
      operationId: 'getPolicy',
      tags: ['Operating'],
      summary: 'Show the policy in use: limits, plans, the rate card, packages and programs',
      description: 'What is open already continues under the policy that it began under.',
      response: { 200: VersionedPolicySchema, ...readRefusals() },
    },
    handler: async () => policy(),
  });
};
