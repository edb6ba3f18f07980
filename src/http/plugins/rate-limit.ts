/** Requests per minute of one caller. Each answer says how many are left, as draft-ietf-httpapi-ratelimit-headers spells it. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError } from '../../contracts/errors.ts';
import { principalId } from '../callers/principal.ts';

/** Requests a minute of a service and of an end user, and wrong API keys a minute of one address, in this process; 0: no limit. */
export type RateLimit = { service: number; user: number; wrongKeys: number };

const WINDOW_SECONDS = 60;

async function rateLimit(app: FastifyInstance, limit: RateLimit): Promise<void> {
  const counts = new Map<string, number>();
  let windowEnds = 0;

  app.addHook('onRequest', (request, reply, done) => {
    const most = request.principal === null ? 0 : limit[request.principal.kind];
    if (request.principal === null || most === 0) return done();
    const now = performance.now();
    if (now >= windowEnds) {
      counts.clear();
      windowEnds = now + WINDOW_SECONDS * 1000;
    }
    const caller = principalId(request.principal);
    const count = (counts.get(caller) ?? 0) + 1;
    counts.set(caller, count);
    const seconds = Math.ceil((windowEnds - now) / 1000);
    reply.header('ratelimit-policy', `"minute";q=${most};w=${WINDOW_SECONDS}`);
    reply.header('ratelimit', `"minute";r=${Math.max(most - count, 0)};t=${seconds}`);
    if (count <= most) return done();
    reply.header('retry-after', seconds);
    throw new BoonError('rate_limited', `More than ${most} requests in a minute; try again in ${seconds} s.`);
  });
}

export default fp(rateLimit, { name: 'rate-limit', dependencies: ['authentication'] });
