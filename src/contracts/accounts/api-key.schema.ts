/** API keys as HTTP shows them. The key itself appears once, in the answer that makes it. */
import { z } from 'zod';
import { InstantInputSchema, InstantSchema, textSchema } from '../primitives.schema.ts';
import { EVERY_SCOPE, SCOPES } from './scopes.ts';

const GrantedScopeSchema = z.enum([...SCOPES, EVERY_SCOPE]);

/** How long the old key keeps working after a rotation, unless the call says otherwise: one day. */
export const DEFAULT_GRACE_SECONDS = 86_400;

export const ApiKeyIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be the id of an API key')
  .meta({ description: 'Id of an API key', example: 'key_06bq2n6y3v8k5s7r1x4z9m0c2d' });

/** Body of `POST /v1/api-keys`. */
export const ApiKeyCreateSchema = z
  .strictObject({
    name: textSchema(100).meta({ description: 'Who uses the key', example: 'billing service' }),
    scopes: z
      .array(GrantedScopeSchema)
      .min(1)
      .max(20)
      .meta({ description: 'What the key may do; `*`: everything' }),
    expires_at: InstantInputSchema.nullable()
      .optional()
      .describe('When it stops working; null, or left out: never'),
  })
  .meta({
    id: 'ApiKeyCreate',
    example: { name: 'billing service', scopes: ['gifts:read', 'gifts:write'] },
  });
export type ApiKeyCreate = z.infer<typeof ApiKeyCreateSchema>;

/** Body of `POST /v1/api-keys/{id}/rotate`. */
export const ApiKeyRotateSchema = z
  .strictObject({
    grace_seconds: z
      .int()
      .min(0)
      .max(2_592_000)
      .optional()
      .meta({ description: `How long the old key keeps working; left out: ${DEFAULT_GRACE_SECONDS}` }),
  })
  .meta({ id: 'ApiKeyRotate', example: { grace_seconds: 3600 } });
export type ApiKeyRotate = z.infer<typeof ApiKeyRotateSchema>;

export const ApiKeySchema = z
  .object({
    id: z.string().describe('Id of the key'),
    name: z.string().describe('Who uses it'),
    scopes: z.array(GrantedScopeSchema).describe('What it may do; `*`: everything'),
    created_at: InstantSchema.describe('When it was made'),
    created_by: z.string().nullable().meta({
      description: 'Who made it: `key:` and the id of an API key; null: Boon, at its first start',
      example: 'key:key_bootstrap',
    }),
    expires_at: InstantSchema.nullable().describe('When it stops working; null is never'),
    last_used_at: InstantSchema.nullable().meta({ description: 'To the minute' }),
    rotated_at: InstantSchema.nullable().describe('When it was last rotated; null: never'),
    rotated_by: z.string().nullable().meta({ description: 'Who rotated it last' }),
    previous_works_until: InstantSchema.nullable().meta({
      description: 'Until when the key before the rotation works',
    }),
    revoked_at: InstantSchema.nullable().meta({
      description: 'Since when it works no more; null: it was not revoked',
    }),
    revoked_by: z.string().nullable().meta({ description: 'Who revoked it, or the key that made it' }),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKeySchema>;

export const ApiKeyWithSecretSchema = ApiKeySchema.extend({
  key: z.string().nullable().meta({
    description: 'The key. It is shown here and never again: null when the call is repeated',
    example: 'boon_sk_…',
  }),
}).meta({ id: 'ApiKeyWithSecret' });
export type ApiKeyWithSecret = z.infer<typeof ApiKeyWithSecretSchema>;
