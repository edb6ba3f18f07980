/** Idempotency-Key: turned into the business key under which the ledger records the write and its answer. */
import { hash, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError } from '../../contracts/errors.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import { callerOf } from '../callers/access.ts';
import { type Principal, principalId } from '../callers/principal.ts';
import { recordedRoute } from '../route/aliases.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The business key of this call's write; read it by {@link businessKeyOf}. */
    businessKey: string | null;
  }
}

/** Without space at its ends, which HTTP drops. */
const PRINTABLE = /^[!-~](?:[ -~]{0,253}[!-~])?$/;

async function idempotency(app: FastifyInstance): Promise<void> {
  app.decorateRequest('businessKey', null);
  app.addHook('onRequest', (request, _reply, done) => {
    const rule = request.routeOptions.config.idempotency;
    if (rule === undefined) return done();
    const key = headerOf(request) ?? (rule === 'optional' ? randomUUID() : undefined);
    if (key === undefined) {
      throw new BoonError('idempotency_key_required', 'This call needs an Idempotency-Key header.');
    }
    request.businessKey = businessKey(
      callerOf(request),
      recordedRoute(request.method, request.routeOptions.url ?? ''),
      key,
    );
    done();
  });
}

/**
 * The ledger's key of a write asked for over HTTP. It holds the caller and the route, so that two callers, or two
 * calls of one caller, may use the same header.
 */
export function businessKey(caller: Principal, route: string, key: string): string {
  const digest = hash('sha256', `${principalId(caller)}\n${route}\n${key}`, 'buffer');
  return `http:${digest.subarray(0, 16).toString('base64url')}`;
}

/** The business key of a request whose route declares `idempotency`. */
export function businessKeyOf(request: FastifyRequest): string {
  if (request.businessKey === null)
    throw new Error(`${request.routeOptions.url} does not declare idempotency`);
  return request.businessKey;
}

/** The value of a recorded write; marks the answer when it is the one given before. */
export function recordedAnswer<T>(reply: FastifyReply, recorded: Recorded<T>): T {
  if (recorded.replayed) reply.header('idempotent-replayed', 'true');
  return recorded.value;
}

function headerOf(request: FastifyRequest): string | undefined {
  const value = request.headers['idempotency-key'];
  if (value === undefined || (typeof value === 'string' && PRINTABLE.test(value))) return value;
  const message = 'must be 1 to 255 printable ASCII characters';
  throw new BoonError('validation_failed', `Idempotency-Key: ${message}.`, {
    errors: [{ path: 'Idempotency-Key', message }],
  });
}

export default fp(idempotency, { name: 'idempotency', dependencies: ['authentication'] });
