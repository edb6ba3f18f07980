/** Usage: charged, listed, and summed up for an organisation. None of it reaches Temporal. */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError } from '../../contracts/errors.ts';
import { AccountIdSchema, PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import {
  ChargeSchema,
  PoolSchema,
  UsageBodySchema,
  UsageSchema,
} from '../../contracts/usage/usage.schema.ts';
import { callerOf, services, servicesAndOwner } from '../callers/access.ts';
import { requireOwnAccount } from '../callers/principal.ts';
import { recordedAnswer } from '../plugins/idempotency.ts';
import { createTopUpWatch } from '../purchases/top-up-watch.ts';
import { readRefusals, writeRefusals } from '../route/answers.ts';
import { refuseFuture } from '../route/reported-at.ts';
import type { ServerParts } from '../route/server-parts.ts';

const TAGS = ['Usage'];
const IdSchema = z.object({ id: AccountIdSchema });

export const usageRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, clock, creditsLink } = parts;
  const watchTopUp = createTopUpWatch(parts);

  app.route({
    method: 'POST',
    url: '/v1/usage',
    config: { access: services('usage:write') },
    schema: {
      operationId: 'recordUsage',
      tags: TAGS,
      summary: 'Charge a use: to the plan, then to credits',
      description:
        'However often an `id` is sent, it is charged once. If plan and credits together cannot pay all of it, it is refused with `limit_reached` and nothing is charged.',
      body: UsageBodySchema,
      response: {
        200: UsageSchema,
        ...writeRefusals('not_found', 'account_frozen', 'idempotency_mismatch', 'limit_reached'),
      },
    },
    handler: async (request, reply) => {
      const now = clock().getTime();
      const { account_id } = request.body;
      const usedAt = request.body.at === undefined ? now : Date.parse(request.body.at);
      refuseFuture(usedAt, now);
      try {
        // A use of a clock ahead of ours happened now: no window opens, and no credits expire, before their time.
        const at = new Date(Math.min(usedAt, now)).toISOString();
        const recorded = await ledger.use({ ...request.body, at, now: new Date(now).toISOString() });
        if (recorded.value.charged.credits !== '0') watchTopUp(account_id, recorded.value.available);
        return recordedAnswer(reply, recorded);
      } catch (error) {
        if (error instanceof BoonError && error.code === 'limit_reached') watchTopUp(account_id, '0');
        throw withAddCreditsUrl(reply, error, now, () => creditsLink.to(account_id, new Date(now)));
      }
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/usage',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'listUsage',
      tags: TAGS,
      summary: 'List an account’s uses, the latest reported first, each with what paid for it',
      params: IdSchema,
      querystring: PageQuerySchema,
      response: { 200: pageOf(ChargeSchema).meta({ id: 'Charges' }), ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.listUsage(request.params.id, request.query);
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/accounts/:id/pool',
    config: { access: servicesAndOwner('accounts:read') },
    schema: {
      operationId: 'getPool',
      tags: TAGS,
      summary: 'Show how much members used of an organisation’s credits this month, and its invoice so far',
      params: IdSchema,
      response: { 200: PoolSchema, ...readRefusals('not_found') },
    },
    handler: (request) => {
      requireOwnAccount(callerOf(request), request.params.id);
      return ledger.pool(request.params.id, clock().toISOString());
    },
  });
};

/** A refusal that says how to go on: where credits are bought, and when to try again where waiting lets the use through. */
function withAddCreditsUrl(reply: FastifyReply, error: unknown, now: number, url: () => string): unknown {
  if (!(error instanceof BoonError) || error.limit === undefined) return error;
  const next = error.limit.next_window_at;
  if (next !== null) reply.header('retry-after', Math.max(Math.ceil((Date.parse(next) - now) / 1000), 1));
  const { code, message, reasonCode, limit, fix } = error;
  return new BoonError(code, message, {
    reasonCode,
    fix,
    limit: { ...limit, add_credits_url: url() },
    cause: error,
  });
}
