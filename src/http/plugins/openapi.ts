/** Serves the OpenAPI document at /openapi.json and a page that shows it at /docs, to which / leads. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import type { OpenAPIV3 } from 'openapi-types';
import { openApiDocument } from '../openapi/openapi-document.ts';
import { PAGE_HEADERS } from './response-headers.ts';

const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'";

async function openapi(app: FastifyInstance): Promise<void> {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  // Filled when somebody first asks, which most servers of tests and starts never are: it takes a third of a second. The page
  // reads it later. Its type knows 3.0 only.
  const document: Record<string, unknown> = {};
  const filled = () => {
    if (document.openapi === undefined) Object.assign(document, openApiDocument(routes));
    return document;
  };

  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => filled());

  app.get('/', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) =>
    reply.redirect('/docs'),
  );

  await app.register(swagger, {
    mode: 'static',
    specification: { document: document as unknown as OpenAPIV3.Document },
  });
  await app.register(async (page) => {
    page.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    page.addHook('onRequest', (_request, reply, done) => {
      filled();
      reply.headers(PAGE_HEADERS);
      done();
    });
    await page.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY });
  });
}

export default fp(openapi, { name: 'openapi' });
