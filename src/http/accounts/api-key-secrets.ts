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
import { covers } from '../../contracts/accounts/scopes.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { ApiKeyRecord, StoredApiKey } from '../../ledger/accounts/api-keys.ts';
import type { Recorded } from '../../ledger/postgres/recorded.ts';
import { callerOf, services } from '../callers/access.ts';
import { newApiKey } from '../callers/api-key-secret.ts';
import { BOOTSTRAP_ID } from '../callers/bootstrap-key.ts';
import { type KeyRing, keyDigest } from '../callers/key-ring.ts';
import { type Principal, principalId } from '../callers/principal.ts';
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
        'The key is shown once, in this answer: when the call is repeated, `key` is null. A caller cannot give scopes that it does not have. The key ends with the one that makes it: by then at the latest, and when that one is revoked; not with the first key of all, which is there to be replaced.',
      body: ApiKeyCreateSchema,
      response: { 201: ApiKeyWithSecretSchema, ...recordedRefusals() },
    },
    handler: async (request, reply) => {
      const { name, scopes, expires_at } = request.body;
      const caller = callerOf(request);
      requireScopes(caller, scopes);
      const [now, secret] = [clock(), newApiKey()];
      const recorded = await apiKeys.create({
        key: businessKeyOf(request),
        id: newId('key', now),
        name,
        digest: keyDigest(secret),
        scopes,
        expires_at: expires_at ?? null,
        by: principalId(caller),
        parent_id: parentOf(caller),
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
        'The new key is shown once, in this answer: when the call is repeated, `key` is null. The id stays, so a retry with the new key and the old Idempotency-Key is still the same request. A key rotates itself and those that it has made; others need the scope keys:rotate.',
      params: IdSchema,
      body: ApiKeyRotateSchema.optional(),
      response: { 200: ApiKeyWithSecretSchema, ...recordedRefusals('not_found') },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const caller = callerOf(request);
      requireRotation(caller, await existingApiKey(apiKeys, id));
      const secret = newApiKey();
      const recorded = await apiKeys.rotate({
        key: businessKeyOf(request),
        at: clock().toISOString(),
        id,
        digest: keyDigest(secret),
        by: principalId(caller),
        grace_seconds: request.body?.grace_seconds ?? DEFAULT_GRACE_SECONDS,
      });
      keyRing.forget();
      return shownOnce(reply, recorded, secret);
    },
  });
};

/** The key with which one that this caller makes ends. */
function parentOf(caller: Principal): string | null {
  return caller.kind === 'service' && caller.keyId !== BOOTSTRAP_ID ? caller.keyId : null;
}

/** Whoever rotates a key holds its new secret: that of another's key takes a scope of its own. */
function requireRotation(caller: Principal, { id, scopes, created_by }: StoredApiKey): void {
  requireScopes(caller, scopes);
  if (caller.kind !== 'service') return;
  const own = id === caller.keyId || created_by === principalId(caller);
  if (!own && !covers(caller.scopes, 'keys:rotate'))
    throw new BoonError(
      'forbidden',
      'The API key lacks the scope keys:rotate, to rotate a key that it has not made.',
    );
}

/** The secret is there in the answer that made it, and never again. */
function shownOnce(reply: FastifyReply, recorded: Recorded<ApiKeyRecord>, secret: string): ApiKeyWithSecret {
  return { ...viewApiKey(recordedAnswer(reply, recorded)), key: recorded.replayed ? null : secret };
}
