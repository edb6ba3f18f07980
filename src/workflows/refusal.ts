/** Refusals in workflow code: only an ApplicationFailure leaves it, and its type is the code. */
import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../contracts/error-codes.ts';
import type { FieldError } from '../contracts/errors.ts';

/** A final refusal. `details` is what clients of other languages read. */
export function refusal(
  code: ErrorCode,
  message: string,
  details: Record<string, unknown> = {},
): ApplicationFailure {
  return withoutStack(
    ApplicationFailure.create({ message, type: code, nonRetryable: true, details: [details] }),
  );
}

/** The refusal of input that does not fit: says where, what and how it should be. */
export function invalid(errors: FieldError[], more: { attempt?: unknown } = {}): ApplicationFailure {
  const list = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
  return refusal('validation_failed', list, { errors, ...more });
}

/**
 * What an activity refused, as the one outermost error, so that a caller reads the code without unwrapping.
 * Any other error comes back as it is.
 * @param attempt goes into the details, for the caller to know its own answer by.
 */
export function refusalOf(error: unknown, attempt?: string): unknown {
  const failure = error instanceof ActivityFailure ? error.cause : error;
  if (!(failure instanceof ApplicationFailure)) return error;
  const given = failure.details?.[0];
  const { replayed, ...details } = isRecord(given) ? given : {};
  return withoutStack(
    ApplicationFailure.create({
      message: failure.message,
      type: failure.type ?? 'internal',
      nonRetryable: true,
      details: [attempt === undefined || replayed === true ? details : { ...details, attempt }],
    }),
  );
}

/** A refusal is an answer: in the Web UI an operator reads its sentence, not where in the code it was made. */
function withoutStack(failure: ApplicationFailure): ApplicationFailure {
  failure.stack = '';
  return failure;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
