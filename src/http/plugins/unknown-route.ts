/** Paths and methods that no route has: 404, or 405 where another method would do. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { BoonError } from '../../contracts/errors.ts';

const CHECK_PATH = 'Check the path: /openapi.json lists every call, and /docs shows them.';

type Known = { path: RegExp; methods: Set<string> };

async function unknownRoute(app: FastifyInstance): Promise<void> {
  const known = new Map<string, Known>();

  app.addHook('onRoute', (route) => {
    const entry = known.get(route.url) ?? { path: pattern(route.url), methods: new Set<string>() };
    for (const method of [route.method].flat()) entry.methods.add(method);
    known.set(route.url, entry);
  });

  function refuse(request: FastifyRequest, reply: FastifyReply): never {
    const allowed = [...known.values()].find(({ path }) => path.test(pathOf(request)))?.methods;
    if (allowed === undefined || allowed.has(request.method)) {
      throw new BoonError('not_found', 'There is nothing at this path.', { fix: CHECK_PATH });
    }
    reply.header('allow', [...allowed].sort().join(', '));
    throw new BoonError('method_not_allowed', `${request.method} is not a method of this path.`);
  }

  // Before a body is looked at: what is wrong with it does not matter here.
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) refuse(request, reply);
  });
  app.setNotFoundHandler(refuse);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '';
}

/** `/v1/accounts/:id` as a regular expression. */
function pattern(url: string): RegExp {
  const parts = url.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part === '*' ? '.*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}

export default fp(unknownRoute, { name: 'unknown-route' });
