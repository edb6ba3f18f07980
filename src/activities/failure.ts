/** How a refusal leaves an activity: as one ApplicationFailure whose type is the code. */
import { ApplicationFailure } from '@temporalio/common';
import { BoonError } from '../contracts/errors.ts';

/** Runs an activity's work; a BoonError becomes a failure that is final unless its code may be retried. */
export async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BoonError ? failureOf(error) : error;
  }
}

function failureOf(error: BoonError): ApplicationFailure {
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    details: [
      {
        ...(error.reasonCode === undefined ? {} : { reason_code: error.reasonCode }),
        ...(error.errors === undefined ? {} : { errors: error.errors }),
        ...(error.replayed ? { replayed: true } : {}),
      },
    ],
  });
}
