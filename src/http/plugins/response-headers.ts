/** Headers of every answer: the request's id, and what keeps browsers from misusing an answer. */
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
};

/** What a page has besides; an answer that is not shown has no use for it. */
export const PAGE_HEADERS = { 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' };

async function responseHeaders(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(HEADERS).header('x-request-id', request.id);
    done();
  });
}

export default fp(responseHeaders, { name: 'response-headers' });
