/** What the handlers of all processes' updates have in common. */
import { CancellationScope, currentUpdateInfo, workflowInfo } from '@temporalio/workflow';
import { refusalOf } from './refusal.ts';

/** Work that a cancellation of the workflow does not cut short: what the ledger did must become known here. */
export function shielded<T>(work: () => Promise<T>): Promise<T> {
  return CancellationScope.nonCancellable(work);
}

/** The same; its refusal is what the caller reads. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await shielded(work);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** The ledger's key of what an update asks for: the same update is done once. */
export function updateKey(): string {
  return `${workflowInfo().workflowId}:${currentUpdateInfo()?.id}`;
}
