/** Stuck items, for operators: listed, and tried again before their time. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageOf } from '../contracts/primitives.schema.ts';
import { StuckItemQuerySchema, StuckItemSchema } from '../contracts/stuck-item.schema.ts';
import { services } from './callers/access.ts';
import { businessKeyOf, recordedAnswer } from './plugins/idempotency.ts';
import { readRefusals, recordedRefusals } from './route/answers.ts';
import type { ServerParts } from './route/server-parts.ts';

const TAGS = ['Operating'];
const access = services('stuck:operate');

export const stuckItemRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, { ledger, clock }) => {
  app.route({
    method: 'GET',
    url: '/v1/stuck',
    config: { access },
    schema: {
      operationId: 'listStuckItems',
      tags: TAGS,
      summary: 'List what the schedules could not do, the longest stuck first',
      description:
        'Each is put aside and retried automatically, a minute later, then two, at most an hour. One that succeeds is no longer listed.',
      querystring: StuckItemQuerySchema,
      response: { 200: pageOf(StuckItemSchema).meta({ id: 'StuckItemList' }), ...readRefusals() },
    },
    handler: ({ query: { what, ...page } }) => ledger.listStuckItems({ what }, page),
  });

  app.route({
    method: 'POST',
    url: '/v1/stuck/:id/retry',
    config: { access, idempotency: 'required' },
    schema: {
      operationId: 'retryStuckItem',
      tags: TAGS,
      summary: 'Have the next run of its schedule try a stuck item',
      description: 'Within a minute for what `reconcile` does, within five for what `expiry` does.',
      params: z.object({
        id: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be the id of a stuck item')
          .describe('Id of a stuck item'),
      }),
      response: { 200: StuckItemSchema, ...recordedRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const at = clock().toISOString();
      return recordedAnswer(reply, await ledger.retryStuckItem({ key: businessKeyOf(request), at, id }));
    },
  });
};
