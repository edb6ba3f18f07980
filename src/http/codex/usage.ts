/** `GET usage`: what Codex clients poll to show limits, credits and resets. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { CodexUsageSchema } from '../../contracts/codex/codex.schema.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { codexPaths } from './paths.ts';
import { readUsage } from './read-usage.ts';

export const usageRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  for (const url of [...codexPaths('usage'), '/backend-api/codex/usage']) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client', frequent: true },
      schema: { hide: true, response: { 200: CodexUsageSchema } },
      handler: (request) => readUsage(ledger, personOf(request), clock()),
    });
  }
};
