/** Serves the OpenAPI document at /openapi.json and a page that shows it at /docs. */
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import type { OpenAPIV3 } from 'openapi-types';
import { openApiDocument } from '../openapi-document.ts';
import { PAGE_HEADERS } from './response-headers.ts';

const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'";

async function openapi(app: FastifyInstance): Promise<void> {
  const routes: RouteOptions[] = [];
  // Filled once every route is known; the page reads it later. Its type knows 3.0 only.
  const document: Record<string, unknown> = {};
  app.addHook('onRoute', (route) => {
    routes.push(route);
  });
  app.addHook('onReady', async () => {
    Object.assign(document, openApiDocument(routes));
  });

  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async () => document);

  await app.register(swagger, {
    mode: 'static',
    specification: { document: document as unknown as OpenAPIV3.Document },
  });
  await app.register(async (page) => {
    page.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    page.addHook('onRequest', (_request, reply, done) => {
      reply.headers(PAGE_HEADERS);
      done();
    });
    await page.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY });
  });
}

export default fp(openapi, { name: 'openapi' });
