/** Whether a run follows a reset to its first task: what it was started with may be long out of date. */
import { patched, workflowInfo } from '@temporalio/workflow';

/** Events before the first task of a run that was reset: three of its own, one of the reset, two of the new task. */
const EVENTS_OF_A_RESET = 6;

/**
 * Whether the process is to look at the ledger first. Called before the workflow's first await. True too where its first task
 * was tried several times, or messages came before it: then it looks once more than need be.
 */
export function isBegunAnew(): boolean {
  return workflowInfo().historyLength >= EVENTS_OF_A_RESET && patched('look-when-begun-anew');
}
