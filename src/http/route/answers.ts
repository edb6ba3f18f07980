/** The answers that a route documents: its own, and a problem for each status it may be refused with. */
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../contracts/error-codes.ts';
import { type Problem, ProblemSchema } from '../../contracts/problem.schema.ts';

type ProblemAnswer = {
  description: string;
  content: { 'application/problem+json': { schema: typeof ProblemSchema; example: Problem } };
};

/** What any call may be refused with: who is calling, how often, and trouble on our side. */
const ALWAYS: readonly ErrorCode[] = ['validation_failed', 'internal', 'unavailable'];
const AUTHENTICATED: readonly ErrorCode[] = ['unauthorized', 'forbidden', 'rate_limited'];
const WITH_BODY: readonly ErrorCode[] = ['payload_too_large', 'unsupported_media_type'];
const WITH_KEY: readonly ErrorCode[] = ['idempotency_key_required', 'idempotency_mismatch'];

/** Refusals of a read. */
export function readRefusals(...codes: ErrorCode[]): Record<number, ProblemAnswer> {
  return refusals([...ALWAYS, ...AUTHENTICATED, ...codes]);
}

/** Refusals of a call with a body and no Idempotency-Key. */
export function writeRefusals(...codes: ErrorCode[]): Record<number, ProblemAnswer> {
  return refusals([...ALWAYS, ...AUTHENTICATED, ...WITH_BODY, ...codes]);
}

/** Refusals of a call that the ledger records under its Idempotency-Key. */
export function recordedRefusals(...codes: ErrorCode[]): Record<number, ProblemAnswer> {
  return writeRefusals(...WITH_KEY, ...codes);
}

/** Refusals of the codec, which looks at its callers itself and counts no requests. */
export function codecRefusals(): Record<number, ProblemAnswer> {
  return refusals([...ALWAYS, 'unauthorized', 'forbidden', ...WITH_BODY]);
}

/** Refusals of a call that everybody may make. */
export function publicRefusals(...codes: ErrorCode[]): Record<number, ProblemAnswer> {
  return refusals([...ALWAYS, ...codes]);
}

function refusals(codes: readonly ErrorCode[]): Record<number, ProblemAnswer> {
  const byStatus = Object.groupBy([...new Set(codes)], (code) => ERRORS[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group = []]) => [
      status,
      {
        description: group.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
        content: {
          'application/problem+json': { schema: ProblemSchema, example: exampleOf(group[0] ?? 'internal') },
        },
      },
    ]),
  );
}

/** A refusal with this code, in the words of the list of errors. */
function exampleOf(code: ErrorCode): Problem {
  const { status, title, fix } = ERRORS[code];
  return { type: `urn:boon:problem:${code}`, title, status, detail: `${title}.`, code, fix };
}

/** An answer without a body. */
export const NoContentSchema = z.undefined().meta({ description: 'Done' });

/** The path of one thing of a list. */
export function pathOf(list: string, id: string): string {
  return `${list}/${encodeURIComponent(id)}`;
}
