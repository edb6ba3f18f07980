/** API keys are made and rotated: the calls whose answers show a secret. */
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  ApiKeyCreateSchema,
  ApiKeyIdSchema,
  ApiKeyRotateSchema,
  type ApiKeyWithSecret,
  ApiKeyWithSecretSchema,
  DEFAULT_GRACE_SECONDS,
} from '../../contracts/accounts/api-key.schema.ts';
import type { ApiKeyRecord } from '../../ledger/accounts/api-keys.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import { callerOf, services } from '../callers/access.ts';
import { newApiKey } from '../callers/api-key-secret.ts';
import { type KeyRing, keyDigest } from '../callers/key-ring.ts';
import { businessKeyOf, recordedAnswer } from '../plugins/idempotency.ts';
import { recordedRefusals } from '../route/answers.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';
import { existingApiKey, requireScopes, viewApiKey } from './api-keys.ts';

const IdSchema = z.object({ id: ApiKeyIdSchema });
const TAGS = ['API keys'];
const config = { access: services('keys:write'), idempotency: 'required' } as const;

export const apiKeySecretRoutes: FastifyPluginAsyncZod<ServerParts & { keyRing: KeyRing }> = async (
  app,
  { apiKeys, clock, keyRing },
) => {
  app.route({
    method: 'POST',
    url: '/v1/api-keys',
    config: { ...config, location: '/v1/api-keys' },
    schema: {
      operationId: 'createApiKey',
      tags: TAGS,
      summary: 'Make an API key',
      description:
        'The key is shown once, in this answer: when the call is repeated, `key` is null. A caller cannot give scopes that it does not have.',
      body: ApiKeyCreateSchema,
      response: { 201: ApiKeyWithSecretSchema, ...recordedRefusals() },
    },
    handler: async (request, reply) => {
      const { name, scopes, expires_at } = request.body;
      requireScopes(callerOf(request), scopes);
      const now = clock();
      const secret = newApiKey();
      const recorded = await apiKeys.create({
        key: businessKeyOf(request),
        id: newId('key', now),
        name,
        digest: keyDigest(secret),
        scopes,
        expires_at: expires_at ?? null,
        at: now.toISOString(),
      });
      reply.code(201);
      return shownOnce(reply, recorded, secret);
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
        'The new key is shown once, in this answer: when the call is repeated, `key` is null. The id stays, so a retry with the new key and the old Idempotency-Key is still the same request.',
      params: IdSchema,
      body: ApiKeyRotateSchema.optional(),
      response: { 200: ApiKeyWithSecretSchema, ...recordedRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      requireScopes(callerOf(request), (await existingApiKey(apiKeys, id)).scopes);
      const secret = newApiKey();
      const recorded = await apiKeys.rotate({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id,
        digest: keyDigest(secret),
        grace_seconds: request.body?.grace_seconds ?? DEFAULT_GRACE_SECONDS,
      });
      keyRing.forget();
      return shownOnce(reply, recorded, secret);
    },
  });
};

/** The secret is there in the answer that made it, and never again. */
function shownOnce(reply: FastifyReply, recorded: Recorded<ApiKeyRecord>, secret: string): ApiKeyWithSecret {
  return { ...viewApiKey(recordedAnswer(reply, recorded)), key: recorded.replayed ? null : secret };
}
