/** Schemas of the values that every resource uses. */
import { z } from 'zod';
import { CREDITS_PATTERN, parseCredits } from '../domain/credits.ts';

/** A canonical decimal string of credits, zero included. */
export const CreditsSchema = z
  .string()
  .regex(CREDITS_PATTERN, 'must be a decimal string of credits such as "12.5": no sign, exponent, leading or trailing zeros, at most six decimals')
  .refine((text) => parseCredits(text) !== undefined, 'must be at most 1000000000 credits')
  .meta({ description: 'Credits as a canonical decimal string', example: '12.5' });

/** Credits above zero. */
export const PositiveCreditsSchema = CreditsSchema.refine((text) => text !== '0', 'must be more than zero');

/** Credits in an answer, where a movement may be negative. */
export const SignedCreditsSchema = z
  .string()
  .regex(/^-?(0|[1-9]\d*)(\.\d{1,6})?$/)
  .meta({ description: 'Credits as a decimal string, negative where value left', example: '-12.5' });

/** An instant: RFC 3339, in UTC or with an offset; Boon answers in UTC with milliseconds. */
export const InstantSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as "2026-06-11T09:00:00Z"' })
  .refine((text) => Number.isFinite(Date.parse(text)), 'must be a time that exists')
  .meta({ description: 'RFC 3339 time', example: '2026-06-11T09:00:00.000Z' });

/** An account's id: the caller's own. Printable, no spaces, no slash (it stands in paths and workflow ids). */
export const AccountIdSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_.:@+-]+$/, 'must be 1 to 128 letters, digits or _ . : @ + -')
  .refine((id) => !id.startsWith('boon:'), 'ids that start with "boon:" are Boon’s own')
  .meta({ description: 'The caller’s own id of an account', example: 'user_ada' });

export const GiftIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a transfer id')
  .meta({ description: 'Id of a transfer', example: 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d' });

export const EmailSchema = z.email({ error: 'must be an e-mail address' }).max(254);

/** What a person wrote: no control characters besides line breaks. */
export const ReasonSchema = z.string().trim().min(1).max(500);

/** `?limit=&cursor=` of every list. */
export const PageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20).meta({ description: 'Rows on a page, 1 to 100' }),
  cursor: z.string().max(200).optional().meta({ description: '`next_cursor` of the page before' }),
});

/** A page of a list. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable() });
}
