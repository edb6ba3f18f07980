/** Calls from pages of other origins (CORS): an end user's page may call the API where its origin is on the list. */
import cors, { type FastifyCorsOptions } from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';

const API = '/v1/';
/** How long a browser remembers what it may send. */
const PREFLIGHT_SECONDS = 600;
const NONE: FastifyCorsOptions = { origin: false };

/** @param origins as `https://app.example.com`; empty: no page of another origin may call */
async function crossOrigin(app: FastifyInstance, { origins }: { origins: readonly string[] }): Promise<void> {
  if (origins.length === 0) return;
  const allowed: FastifyCorsOptions = {
    origin: [...origins],
    methods: ['GET', 'PUT', 'PATCH', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'x-request-id'],
    exposedHeaders: [
      'etag',
      'idempotent-replayed',
      'location',
      'ratelimit',
      'ratelimit-policy',
      'retry-after',
      'x-request-id',
    ],
    maxAge: PREFLIGHT_SECONDS,
    strictPreflight: false,
  };
  await app.register(cors, {
    hideOptionsRoute: true,
    delegator: (request: FastifyRequest, callback: (error: null, options: FastifyCorsOptions) => void) =>
      callback(null, request.url.startsWith(API) ? allowed : NONE),
  });
}

export default fp(crossOrigin, { name: 'cross-origin' });
