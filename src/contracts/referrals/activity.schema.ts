/** Activity of accounts: logins and prompts, as HTTP takes them. */
import { z } from 'zod';
import { AccountIdSchema, InstantInputSchema } from '../primitives.schema.ts';

/** Body of `POST /v1/activity`. */
export const ActivitySchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable characters without spaces')
      .meta({ description: 'The caller’s own id of the event; the same id counts once' }),
    account_id: AccountIdSchema.describe('Who was active'),
    kind: z.enum(['login', 'prompt']).describe('What the account did'),
    at: InstantInputSchema.meta({ description: 'When it happened; not in the future' }),
  })
  .meta({
    id: 'Activity',
    example: { id: 'msg_018f', account_id: 'user_grace', kind: 'prompt', at: '2026-06-12T09:00:00Z' },
  });
export type ActivityBody = z.infer<typeof ActivitySchema>;

export const ActivityAcceptedSchema = z
  .object({ accepted: z.literal(true).describe('The event is noted') })
  .meta({ id: 'ActivityAccepted', description: 'The event is noted' });
export type ActivityAccepted = z.infer<typeof ActivityAcceptedSchema>;
