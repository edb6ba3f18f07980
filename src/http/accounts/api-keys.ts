import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type ApiKey, ApiKeyIdSchema, ApiKeySchema } from '../../contracts/accounts/api-key.schema.ts';
import { covers, type GrantedScope } from '../../contracts/accounts/scopes.ts';
import { BoonError } from '../../contracts/errors.ts';
import { PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import type { ApiKeyRecord, ApiKeys, StoredApiKey } from '../../ledger/accounts/api-keys.ts';
import { callerOf, services } from '../callers/access.ts';
import type { KeyRing } from '../callers/key-ring.ts';
import type { Principal } from '../callers/principal.ts';
import { NoContentSchema, readRefusals } from '../route/answers.ts';
import type { ServerParts } from '../route/server-parts.ts';

const IdSchema = z.object({ id: ApiKeyIdSchema });
const TAGS = ['API keys'];
const config = { access: services('keys:write') };

export const apiKeyRoutes: FastifyPluginAsyncZod<ServerParts & { keyRing: KeyRing }> = async (app, parts) => {
  const { apiKeys, clock, keyRing } = parts;

  app.route({
    method: 'GET',
    url: '/v1/api-keys',
    config,
    schema: {
      operationId: 'listApiKeys',
      tags: TAGS,
      summary: 'List the API keys that have not been revoked',
      querystring: PageQuerySchema,
      response: { 200: pageOf(ApiKeySchema).meta({ id: 'ApiKeyList' }), ...readRefusals() },
    },
    handler: async (request) => {
      const page = await apiKeys.list(request.query);
      return { data: page.data.map(viewApiKey), next_cursor: page.next_cursor };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/api-keys/:id',
    config,
    schema: {
      operationId: 'getApiKey',
      tags: TAGS,
      summary: 'Show an API key that has not been revoked, without its secret',
      params: IdSchema,
      response: { 200: ApiKeySchema, ...readRefusals('not_found') },
    },
    handler: async (request) => viewApiKey(await existingApiKey(apiKeys, request.params.id)),
  });

  app.route({
    method: 'DELETE',
    url: '/v1/api-keys/:id',
    config,
    schema: {
      operationId: 'revokeApiKey',
      tags: TAGS,
      summary: 'Revoke an API key',
      description: 'It stops working at once in this server process and within seconds in others.',
      params: IdSchema,
      response: { 204: NoContentSchema, ...readRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      requireScopes(callerOf(request), (await existingApiKey(apiKeys, id)).scopes);
      await apiKeys.revoke(id, clock().toISOString());
      keyRing.forget();
      reply.code(204);
    },
  });
};

/** The key, not revoked. @throws BoonError `not_found` */
export async function existingApiKey(apiKeys: ApiKeys, id: string): Promise<StoredApiKey> {
  return (await apiKeys.find(id)) ?? notFound(id);
}

/** Without this a key that may make keys could make itself one that may do anything. */
export function requireScopes(caller: Principal, scopes: readonly GrantedScope[]): void {
  const granted = caller.kind === 'service' ? caller.scopes : [];
  const missing = scopes.find((scope) => !covers(granted, scope));
  if (missing !== undefined) {
    throw new BoonError(
      'forbidden',
      `The API key lacks the scope ${missing} itself, so it cannot handle it for another.`,
    );
  }
}

function notFound(id: string): never {
  throw new BoonError('not_found', `There is no API key ${id}.`);
}

export function viewApiKey(key: ApiKeyRecord): ApiKey {
  const { id, name, scopes, created_at, expires_at, last_used_at, rotated_at, previous_works_until } = key;
  return {
    id,
    name,
    scopes,
    created_at,
    expires_at,
    last_used_at,
    rotated_at,
    previous_works_until,
  };
}
