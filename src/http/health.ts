/** Whether the server lives, whether it can do its work, and its metrics. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HealthSchema, type Readiness, ReadinessSchema } from '../contracts/health.schema.ts';
import { watchParts, watchStarts } from '../observability/metrics.ts';
import { checkParts, isDegraded, type State } from '../observability/readiness.ts';
import { RETRY_AFTER_SECONDS } from './plugins/problem.ts';
import { publicRefusals } from './route/answers.ts';
import type { ServerParts } from './route/server-parts.ts';

const TAGS = ['Operating'];
const config = { access: 'public' } as const;

export const healthRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  watchParts(parts.metrics.registry, parts.ledger, parts.giftProcess);
  watchStarts(parts.metrics.registry, parts.starts.backlog);
  let draining = false;
  app.addHook('preClose', async () => {
    draining = true;
  });

  app.route({
    method: 'GET',
    url: '/healthz',
    config,
    schema: {
      operationId: 'getHealth',
      tags: TAGS,
      summary: 'Show that the process lives; asks nobody else',
      response: { 200: HealthSchema, ...publicRefusals() },
    },
    handler: async () => ({ status: 'ok' as const }),
  });

  app.route({
    method: 'GET',
    url: '/readyz',
    config,
    schema: {
      operationId: 'getReadiness',
      tags: TAGS,
      summary: 'Show whether requests should be sent here',
      response: {
        ...publicRefusals(),
        200: ReadinessSchema,
        503: ReadinessSchema.meta({ description: 'The database is unreachable, or the server is stopping' }),
      },
    },
    handler: async (_request, reply) => {
      const state = await checkParts(parts.ledger, parts.giftProcess);
      const starts = parts.starts.backlog().full ? ('full' as const) : ('ok' as const);
      const stops = draining || parts.draining?.aborted === true;
      const status = stops ? 'draining' : statusOf(state, starts);
      const isReady = status === 'ready' || status === 'degraded';
      if (!isReady) reply.header('retry-after', RETRY_AFTER_SECONDS);
      reply.code(isReady ? 200 : 503);
      const checks = { ...state.checks, starts };
      return { status, ...state, checks, policy_version: parts.policy().version };
    },
  });

  app.route({
    method: 'GET',
    url: '/metrics',
    config,
    schema: {
      operationId: 'getMetrics',
      tags: TAGS,
      summary: 'Metrics for Prometheus',
      produces: ['text/plain'],
      response: { 200: z.string(), ...publicRefusals() },
    },
    handler: async (_request, reply) => {
      reply.type(parts.metrics.registry.contentType).serializer((text: unknown) => String(text));
      return parts.metrics.registry.metrics();
    },
  });
};

/** Without Temporal a gift is still accepted, and `reconcile` starts its process later. */
function statusOf(state: State, starts: 'ok' | 'full'): Readiness['status'] {
  if (state.checks.database === 'unreachable') return 'unavailable';
  return isDegraded(state) || starts === 'full' ? 'degraded' : 'ready';
}
