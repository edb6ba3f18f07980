/** Schemas of the values that every resource uses. */
import { z } from 'zod';
import { RESERVED_PREFIX } from '../domain/account.ts';
import { CREDITS_PATTERN, parseCredits } from '../domain/credits.ts';
import { canonicalEmail } from '../domain/email.ts';

/**
 * Where a check cannot be written as a regular expression for zod, `pattern` in `meta` tells it to readers of
 * the OpenAPI document: what that document allows, Boon takes.
 */
const CREDITS_TEXT = '^(0|[1-9][0-9]{0,8})(\\.[0-9]{0,5}[1-9])?$|^1000000000$';
const POSITIVE_CREDITS_TEXT = '^(0\\.[0-9]{0,5}[1-9]|[1-9][0-9]{0,8}(\\.[0-9]{0,5}[1-9])?|1000000000)$';

/** A canonical decimal string of credits, zero included. */
export const CreditsSchema = z
  .string('must be a decimal string of credits such as "12.5"')
  .regex(
    CREDITS_PATTERN,
    'must be a decimal string of credits such as "12.5": no sign, exponent, leading or trailing zeros, at most six decimals',
  )
  .refine(
    (text) => !CREDITS_PATTERN.test(text) || parseCredits(text) !== undefined,
    'must be at most 1000000000 credits',
  )
  .meta({ description: 'Credits as a canonical decimal string', example: '12.5', pattern: CREDITS_TEXT });

/** Credits above zero. */
export const PositiveCreditsSchema = CreditsSchema.refine(
  (text) => text !== '0',
  'must be more than zero',
).meta({
  description: 'Credits as a canonical decimal string, more than zero',
  example: '12.5',
  pattern: POSITIVE_CREDITS_TEXT,
});

/** Credits in an answer, where a movement may be negative. */
export const SignedCreditsSchema = z
  .string()
  .regex(/^-?(0|[1-9]\d*)(\.\d{1,6})?$/)
  .meta({ description: 'Credits as a decimal string, negative where value left', example: '-12.5' });

/** Credits in an answer: a sum may be larger than what one operation may move. */
export const CreditsSumSchema = z
  .string()
  .regex(CREDITS_PATTERN)
  .meta({ description: 'Credits as a canonical decimal string', example: '12.5' });

const INSTANT_TEXT =
  '^(19[7-9][0-9]|2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$';

/** An instant in a request, in UTC or with any offset; read as UTC with milliseconds. */
export const InstantInputSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as "2026-06-11T09:00:00Z"' })
  .regex(new RegExp(INSTANT_TEXT), 'must be a time with seconds between the years 1970 and 2999')
  .transform((text) => (isCanonical(text) ? text : new Date(text).toISOString()))
  .meta({
    description: 'RFC 3339 time',
    example: '2026-06-11T09:00:00Z',
    format: 'date-time',
    pattern: INSTANT_TEXT,
  });

/** Whether a valid time is already in UTC with milliseconds, as most callers send it. */
function isCanonical(text: string): boolean {
  return text.length === '2026-06-11T09:00:00.000Z'.length && text.endsWith('Z');
}

/** An instant in an answer: RFC 3339, in UTC with milliseconds. */
export const InstantSchema = z
  .string()
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/)
  .meta({
    description: 'RFC 3339 time in UTC with milliseconds',
    example: '2026-06-11T09:00:00.000Z',
    format: 'date-time',
  });

/** The id of any account, Boon’s own among them; printable, no spaces, no slash (it stands in paths and workflow ids). */
export const AnyAccountIdSchema = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[A-Za-z0-9_:@+-][A-Za-z0-9_.:@+-]*$/, 'must be 1 to 128 letters, digits or _ . : @ + -')
  .meta({ description: 'Id of an account', example: 'user_ada' });

/** An account's id: the caller's own. */
export const AccountIdSchema = AnyAccountIdSchema.refine(
  (id) => !id.startsWith(RESERVED_PREFIX),
  'ids that start with "boon:" are Boon’s own',
).meta({
  description: 'The caller’s own id of an account',
  example: 'user_ada',
  pattern: '^(?!boon:)[A-Za-z0-9_:@+-][A-Za-z0-9_.:@+-]*$',
});

export const GiftIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a transfer id')
  .meta({ description: 'Id of a transfer', example: 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d' });

/**
 * An id that the database counts: HTTP has its kind in front, `rst_1042`, everything behind HTTP does not. The kind may be left out of
 * a request.
 */
function countedId(
  kind: string,
  form: string,
  words: string,
  meta: { description: string; example: string },
) {
  const text = z
    .string()
    .regex(new RegExp(`^(${kind}_)?${form}$`), `must be ${words}`)
    .meta(meta);
  return z
    .codec(text, z.string(), {
      decode: (id) => (id.startsWith(`${kind}_`) ? id.slice(kind.length + 1) : id),
      encode: (id) => `${kind}_${id}`,
    })
    .meta(meta);
}

const COUNTED = '[1-9][0-9]{0,17}';
export const ResetIdSchema = countedId('rst', COUNTED, 'the id of a reset', {
  description: 'Id of a banked reset',
  example: 'rst_1042',
});
/** The same in the body of a request, as it came: `ResetIdSchema.decode` takes the kind off. */
export const GivenResetIdSchema = z
  .string()
  .regex(new RegExp(`^(rst_)?${COUNTED}$`), 'must be the id of a reset')
  .meta({ description: 'Id of a banked reset', example: 'rst_1042' });
export const LotIdSchema = countedId('lot', COUNTED, 'the id of a lot', {
  description: 'Id of a lot of credits',
  example: 'lot_1042',
});
export const MovementIdSchema = countedId('mov', `${COUNTED}-[0-9]{1,9}`, 'the id of a movement', {
  description: 'Id of a movement of credits',
  example: 'mov_1042-1',
});

/** The id of a purchase, an invoice or a case. */
export const RecordIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,100}$/, 'must be an id of Boon’s')
  .meta({ description: 'Boon’s own id of it', example: 'pur_06bq2n6y3v8k5s7r1x4z9m0c2d' });

/** As OpenAPI's readers know them: of ASCII, and an example of others; `canonicalEmail` says what is taken. */
const ASCII_EMAIL =
  "^(?=[^@]{1,64}@)(?:[A-Za-z0-9_'+-]+\\.)*[A-Za-z0-9_'+-]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,63}$";
const OTHER_EMAIL = '^[a-z0-9ß-öø-ÿа-я一-龥]{1,16}@(?:[a-zß-öø-ÿа-я一-龥]{1,12}\\.){1,3}[a-z]{2,63}$';

export const EmailSchema = z
  .string()
  .max(254)
  .refine((text) => canonicalEmail(text) !== undefined, 'must be an e-mail address')
  .meta({
    description: 'E-mail address; letters may be of any script (RFC 6531)',
    example: 'grace@example.com',
    anyOf: [
      { type: 'string', format: 'email', pattern: ASCII_EMAIL },
      { type: 'string', format: 'idn-email', pattern: OTHER_EMAIL },
    ],
  });

const CONTROL = '\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f';
const NO_CONTROL = new RegExp(`^[^${CONTROL}]*$`);
const VISIBLE_TEXT = `^[^${CONTROL}]*[^\\s${CONTROL}][^${CONTROL}]*$`;

/** What a person wrote: something visible, no control characters besides tabs and line breaks. `longest` counts characters. */
export function textSchema(longest: number) {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .regex(NO_CONTROL, 'must not contain control characters')
    .refine(
      (text) => text.length <= longest || [...text].length <= longest,
      `must be at most ${longest} characters`,
    )
    .meta({ maxLength: longest, pattern: VISIBLE_TEXT });
}

/** With what turns the direction of the text around it: a name must not turn the words of a letter. */
const NOT_IN_A_LINE = '\\x00-\\x1f\\x7f\\x85\\u2028-\\u202e\\u2066-\\u2069';
const UNSEEN = '\\xad\\u200b-\\u200f\\u2060-\\u2064\\ufeff';
const SEEN_IN_A_LINE = `^[^${NOT_IN_A_LINE}]*[^\\s${UNSEEN}${NOT_IN_A_LINE}][^${NOT_IN_A_LINE}]*$`;

/** The same in one line, as a name is: it may stand in the subject of a letter. */
export function lineSchema(longest: number) {
  return z
    .string()
    .regex(new RegExp(`^[^${NOT_IN_A_LINE}]*$`), 'must be one line without control characters')
    .trim()
    .refine((text) => new RegExp(SEEN_IN_A_LINE).test(text), 'must not be empty')
    .refine(
      (text) => text.length <= longest || [...text].length <= longest,
      `must be at most ${longest} characters`,
    )
    .meta({ maxLength: longest, pattern: SEEN_IN_A_LINE });
}

export const ReasonSchema = textSchema(500);

/** `?limit=&cursor=` of every list. */
export const PageQuerySchema = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .meta({ description: 'Rows on a page, 1 to 100' }),
  cursor: z
    .string()
    .regex(/^[\x21-\x7e]{1,300}$/, 'must be the `next_cursor` of a page')
    .optional()
    .meta({ description: '`next_cursor` of the page before' }),
});

/** A page of a list. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.object({
    data: z.array(row).describe('The rows of this page'),
    next_cursor: z.string().nullable().describe('`cursor` of the next page; null on the last'),
  });
}
