/** What a Temporal client throws, as Boon's refusals. */
import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isErrorCode } from '../contracts/error-codes.ts';
import { BoonError, type FieldError } from '../contracts/errors.ts';

/** A refusal by workflow code, with the caller's `attempt` where the refusal answers that very call. */
export type Refused = { error: BoonError; attempt: string | undefined };

/** The refusal inside a failed update or workflow; undefined when it is no refusal of Boon's. */
export function refusedBy(thrown: unknown): Refused | undefined {
  const failed = thrown instanceof WorkflowUpdateFailedError || thrown instanceof WorkflowFailedError;
  const failure = failed ? thrown.cause : thrown;
  if (!(failure instanceof ApplicationFailure) || !isErrorCode(failure.type)) return undefined;
  const details = (failure.details?.[0] ?? {}) as {
    reason_code?: string;
    errors?: FieldError[];
    attempt?: string;
  };
  const error = new BoonError(failure.type, failure.message, {
    reasonCode: details.reason_code,
    errors: details.errors,
    cause: thrown,
  });
  return { error, attempt: details.attempt };
}

/** What the server finds wrong with a call, a search attribute of another type say; undefined for any other failure. */
function invalidArgument(thrown: unknown): string | undefined {
  const cause = thrown instanceof ServiceError ? thrown.cause : thrown;
  return isGrpcServiceError(cause) && cause.code === INVALID_ARGUMENT ? cause.details : undefined;
}

/** The status code of gRPC. */
const INVALID_ARGUMENT = 3;

/** Temporal did not do it: not there, too slow, or not willing. */
export function unavailable(thrown: unknown): BoonError {
  const refused = invalidArgument(thrown);
  const message =
    refused === undefined ? 'Temporal did not answer.' : `Temporal refuses the call: ${refused}`;
  return new BoonError('unavailable', message, { cause: thrown });
}
