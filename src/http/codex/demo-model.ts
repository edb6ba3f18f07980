/**
 * `POST /backend-api/codex/responses`: a demonstration of a metered model call. It answers with a canned reply, charges
 * one unit, and reports the account's state. A product that meters calls does the same: charge, then answer.
 */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BoonError, type LimitReached } from '../../contracts/errors.ts';
import { ModelSchema } from '../../contracts/policy.schema.ts';
import { createTopUpWatch } from '../purchases/top-up-watch.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { personOf } from './caller.ts';
import { cannedReply } from './canned-reply.ts';
import { limitHeaders } from './limit-headers.ts';
import { CODEX_PRODUCT, readUsage } from './read-usage.ts';
import { wholeSeconds } from './usage-view.ts';

/** A conversation with its instructions and tools. */
const BODY_LIMIT_BYTES = 16 * 1024 * 1024;

/** Of the request it reads the model only; any name is taken, since no model is asked. */
const ModelCallSchema = z.object({ model: ModelSchema.optional().catch(undefined) });

export const demoModelRoutes: FastifyPluginAsyncZod<ServerParts> = async (app, parts) => {
  const { ledger, clock, creditsLink } = parts;
  const watchTopUp = createTopUpWatch(parts);
  app.route({
    method: 'POST',
    url: '/backend-api/codex/responses',
    bodyLimit: BODY_LIMIT_BYTES,
    config: { access: 'codex_client' },
    schema: { hide: true, body: ModelCallSchema },
    handler: async (request, reply) => {
      const person = personOf(request);
      const { model } = request.body;
      const now = clock();
      const [id, at] = [newId('resp', now), now.toISOString()];
      const account_id = person.accountId;
      try {
        const use = { account_id, product: CODEX_PRODUCT, model, units: '1', id, at, now: at };
        const { charged, available } = (await ledger.use(use)).value;
        if (charged.credits !== '0') watchTopUp(account_id, available);
      } catch (error) {
        if (!(error instanceof BoonError) || error.limit === undefined) throw error;
        watchTopUp(account_id, '0');
        const usage = await readUsage(ledger, person, now);
        const limit = { ...error.limit, add_credits_url: creditsLink.to(account_id, now) };
        return reply
          .code(429)
          .headers({ ...limitHeaders(usage), 'x-codex-promo-message': offer(limit) })
          .send({
            error: {
              type: 'usage_limit_reached',
              message: error.message,
              plan_type: usage.plan_type,
              resets_at: secondsOrNull(limit.next_window_at),
              ...limit,
            },
          });
      }
      const usage = await readUsage(ledger, person, now);
      return reply
        .headers(limitHeaders(usage))
        .type('text/event-stream')
        .send(cannedReply(id, model ?? 'demonstration', Math.floor(now.getTime() / 1000)));
    },
  });
};

function secondsOrNull(instant: string | null): number | null {
  return instant === null ? null : wholeSeconds(Date.parse(instant));
}

/** How to go on, in ASCII, as a header must be; the client goes on itself with “, or try again at …”. */
function offer({ resets_available, add_credits_url }: Required<LimitReached>): string {
  const { href } = new URL(add_credits_url);
  if (resets_available === 0) return `Add credits at ${href}`;
  const resets =
    resets_available === 1 ? 'your banked reset' : `one of your ${resets_available} banked resets`;
  return `Redeem ${resets} with /usage, add credits at ${href}`;
}
