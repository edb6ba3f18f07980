/** Administration of API keys. */
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  type ApiKey,
  ApiKeyCreateSchema,
  ApiKeyIdSchema,
  ApiKeyRotateSchema,
  ApiKeySchema,
  ApiKeyWithSecretSchema,
  DEFAULT_GRACE_SECONDS,
} from '../../contracts/accounts/api-key.schema.ts';
import { covers, type GrantedScope } from '../../contracts/accounts/scopes.ts';
import { BoonError } from '../../contracts/errors.ts';
import { PageQuerySchema, pageOf } from '../../contracts/primitives.schema.ts';
import type { StoredApiKey } from '../../ledger/accounts/api-keys.ts';
import { callerOf, services } from '../callers/access.ts';
import { newApiKey } from '../callers/api-key-secret.ts';
import { type KeyRing, keyDigest } from '../callers/key-ring.ts';
import type { Principal } from '../callers/principal.ts';
import { NoContentSchema, readRefusals, writeRefusals } from '../route/answers.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';

const IdSchema = z.object({ id: ApiKeyIdSchema });
const TAGS = ['API keys'];
const config = { access: services('keys:write') };

export const apiKeyRoutes: FastifyPluginAsyncZod<ServerParts & { keyRing: KeyRing }> = async (app, parts) => {
  const { apiKeys, clock, keyRing } = parts;

  app.route({
    method: 'POST',
    url: '/v1/api-keys',
    config,
    schema: {
      operationId: 'createApiKey',
      tags: TAGS,
      summary: 'Make an API key',
      description:
        'The key is shown once, in this answer. A caller cannot give scopes that it does not have.',
      body: ApiKeyCreateSchema,
      response: { 201: ApiKeyWithSecretSchema, ...writeRefusals() },
    },
    handler: async (request, reply) => {
      const { name, scopes, expires_at } = request.body;
      requireScopes(callerOf(request), scopes);
      const now = clock();
      if (typeof expires_at === 'string' && Date.parse(expires_at) <= now.getTime()) throw expiryPassed();
      const key = newApiKey();
      const stored = await apiKeys.put({
        id: newId('key', now),
        name,
        digest: keyDigest(key),
        scopes: [...new Set(scopes)],
        expires_at: expires_at ?? null,
        at: now.toISOString(),
      });
      reply.code(201);
      return { ...view(stored), key };
    },
  });

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
      return { data: page.data.map(view), next_cursor: page.next_cursor };
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/api-keys/:id/rotate',
    config,
    schema: {
      operationId: 'rotateApiKey',
      tags: TAGS,
      summary: 'Replace an API key; the old one works a while longer',
      description:
        'The id stays, so a retry with the new key and the old Idempotency-Key is still the same request.',
      params: IdSchema,
      body: ApiKeyRotateSchema.optional(),
      response: { 200: ApiKeyWithSecretSchema, ...writeRefusals('not_found') },
    },
    handler: async (request) => {
      const { id } = request.params;
      requireScopes(callerOf(request), (await existing(id)).scopes);
      const now = clock();
      const grace = request.body?.grace_seconds ?? DEFAULT_GRACE_SECONDS;
      const previousWorksUntil = new Date(now.getTime() + grace * 1000).toISOString();
      const key = newApiKey();
      const stored = await apiKeys.rotate(id, keyDigest(key), previousWorksUntil, now.toISOString());
      keyRing.forget();
      return { ...view(stored ?? notFound(id)), key };
    },
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
      requireScopes(callerOf(request), (await existing(id)).scopes);
      await apiKeys.revoke(id, clock().toISOString());
      keyRing.forget();
      reply.code(204);
    },
  });

  async function existing(id: string): Promise<StoredApiKey> {
    return (await apiKeys.find(id)) ?? notFound(id);
  }
};

/** Without this a key that may make keys could make itself one that may do anything. */
function requireScopes(caller: Principal, scopes: readonly GrantedScope[]): void {
  const granted = caller.kind === 'service' ? caller.scopes : [];
  const missing = scopes.find((scope) => !covers(granted, scope));
  if (missing !== undefined) {
    throw new BoonError(
      'forbidden',
      `The API key lacks the scope ${missing} itself, so it cannot handle it for another.`,
    );
  }
}

function expiryPassed(): BoonError {
  const errors = [{ path: 'expires_at', message: 'must be in the future' }];
  return new BoonError('validation_failed', 'expires_at: must be in the future.', { errors });
}

function notFound(id: string): never {
  throw new BoonError('not_found', `There is no API key ${id}.`);
}

function view(key: StoredApiKey): ApiKey {
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
