/** Errors on the wire: RFC 9457 problem details with Boon's closed codes. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from './error-codes.ts';

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const ProblemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:boon:problem:insufficient_credits' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(CODES),
    reason_code: z.string().optional(),
    fix: z.string().meta({ description: 'What a person can do about it' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    next_window_at: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'With `limit_reached`: when the plan has room for this use again' }),
    resets_available: z
      .int()
      .optional()
      .meta({ description: 'With `limit_reached`: banked resets that make room now' }),
    add_credits_url: z.string().optional().meta({ description: 'With `limit_reached`' }),
    request_id: z.string().optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof ProblemSchema>;
