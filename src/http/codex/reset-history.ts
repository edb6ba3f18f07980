/** `GET rate-limit-reset-credits/history`: when resets came and were used, the last 30 days of it. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { ResetHistoryQuerySchema, ResetHistorySchema } from '../../contracts/codex/codex.schema.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { codexPaths } from './paths.ts';

const WINDOW_MILLISECONDS = 30 * 86_400_000;
const EVENTS_ON_A_PAGE = 50;

export const resetHistoryRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  for (const url of codexPaths('rate-limit-reset-credits/history')) {
    app.route({
      method: 'GET',
      url,
      config: { access: 'codex_client' },
      schema: { hide: true, querystring: ResetHistoryQuerySchema, response: { 200: ResetHistorySchema } },
      handler: async (request) => {
        const now = clock();
        const { data, next_cursor, window } = await ledger.resetHistory(
          personOf(request).accountId,
          {
            since: new Date(now.getTime() - WINDOW_MILLISECONDS).toISOString(),
            until: now.toISOString(),
          },
          { limit: EVENTS_ON_A_PAGE, cursor: request.query.cursor },
        );
        return {
          as_of: window.until,
          window_start: window.since,
          events: data.map(({ id, kind, at }) => ({ id, kind, occurred_at: at })),
          next_cursor,
        };
      },
    });
  }
};
