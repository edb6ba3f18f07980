/**
 * "Request Cancellation" in the Web UI, or a client's `handle.cancel()`: every process treats it as a request, since
 * the ledger decides what happens to value. If it is refused, the process shows that and continues in a new run: the
 * old one would be marked "cancellation requested" forever, and receive no second request.
 */
import { CancellationScope, patched } from '@temporalio/workflow';
import type { RefusedRequest } from '../contracts/refused-request.ts';
import { instant, isRecord, orNull, type Shape, shapeFaults, text } from './shape.ts';

/** Handles requests for the cancellation of this workflow; called before the workflow's first await. */
export function onCancelRequest(hear: () => void): void {
  CancellationScope.current().cancelRequested.catch(hear);
}

/** Runs of earlier versions swallowed the request, or only logged its refusal. */
export function cancelRequestsAreAnswered(): boolean {
  return patched('cancel-requests-are-answered');
}

/** A request that is refused at this moment, as the process shows it. */
export function refusedNow(why: string): RefusedRequest {
  return { at: new Date().toISOString(), why };
}

/** Field of a process' input that passes the refusal to a new run. */
export const REFUSED_SHAPE: Shape = {
  refused: orNull((given) =>
    isRecord(given) && shapeFaults('refused', given, { at: instant, why: text }).length === 0
      ? undefined
      : 'must tell a time and why',
  ),
};
