/** Errors on the wire: RFC 9457 problem details with Boon's closed codes. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from './error-codes.ts';

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

export const ProblemSchema = z
  .object({
    type: z.string().meta({ example: 'urn:boon:problem:insufficient_credits' }).describe('The code as a URN'),
    title: z.string().describe('What this code means, in a few words'),
    status: z.int().describe('The HTTP status'),
    detail: z.string().describe('What is wrong in this case'),
    code: z.enum(CODES).describe('What went wrong, out of a closed list'),
    reason_code: z.string().optional().describe('Which rule was the cause, where one was'),
    fix: z.string().meta({ description: 'What a person can do about it' }),
    errors: z
      .array(
        z.object({
          path: z.string().describe('Where in the request: a field, `query` or a header'),
          message: z.string().describe('What is wrong with it'),
        }),
      )
      .optional()
      .describe('Each fault of the request'),
    next_window_at: z
      .string()
      .nullable()
      .optional()
      .meta({ description: 'With `limit_reached`: when the plan has room for this use again' }),
    resets_available: z
      .int()
      .optional()
      .meta({ description: 'With `limit_reached`: banked resets that make room now' }),
    add_credits_url: z
      .string()
      .optional()
      .meta({ description: 'With `limit_reached`: the page on which its owner can buy credits' }),
    request_id: z.string().optional().describe('The id of the request, to find it in the logs'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof ProblemSchema>;
