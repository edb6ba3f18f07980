/** Whether a run follows a reset to its first task: what it was started with may be long out of date. */
import { patched, workflowInfo } from '@temporalio/workflow';

const NOTE = 'look-when-begun-anew';
/** Events before the first task of a run that was reset: three of its own, one of the reset, two of the new task. */
const EVENTS_OF_A_RESET = 6;

/**
 * Whether the process is to look at the ledger first. Called before the workflow's first await. True too where its first task
 * was tried several times, or messages came before it: then it looks once more than need be.
 *
 * It is decided once, and noted in the history: in a replay the length of the history is another, for tasks that only kept a
 * long local activity alive are taken together.
 */
export function isBegunAnew(): boolean {
  const { historyLength, unsafe } = workflowInfo();
  return (unsafe.isReplaying || historyLength >= EVENTS_OF_A_RESET) && patched(NOTE);
}
