/** Starting processes: what is the same for all of them. What differs stands in `<noun>/<noun>-start.ts`. */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { type FoundBy, searchAttributes } from '../contracts/search-attributes.ts';
import { startedAnew } from './started-anew.ts';

/** A process to start: its workflow by name, and what it is started with. */
export type ProcessStart<W extends Workflow> = {
  workflow: string;
  workflowId: string;
  args: Parameters<W>;
  /**
   * `once`: its id has one process, forever; one that completed has done its work. `again`: one that has ended may begin
   * again from what the ledger holds.
   */
  runs: 'once' | 'again';
  foundBy: FoundBy;
  staticSummary: string;
  staticDetails?: string;
  /** How long its first task waits, in milliseconds. */
  startDelay?: number;
};

/** What a start may replace besides: a process that was lost (terminated, failed), or one that completed, too. */
export type Replacing = 'lost' | 'completed';

type StartOptions<W extends Workflow> = WorkflowStartOptions<W> & {
  workflowIdConflictPolicy: 'USE_EXISTING';
};

/** Its options for Temporal. A second start of a process that runs is the same start. */
export function startOptions<W extends Workflow>(
  { workflow: _, runs, foundBy, ...start }: ProcessStart<W>,
  taskQueue: string,
  replacing?: Replacing,
): StartOptions<W> {
  // Through `unknown`: TypeScript cannot tell whether a workflow that is not named here takes arguments.
  return {
    ...start,
    typedSearchAttributes: searchAttributes(foundBy),
    taskQueue,
    workflowIdReusePolicy: reusePolicy(runs, replacing),
    workflowIdConflictPolicy: 'USE_EXISTING',
  } as unknown as StartOptions<W>;
}

function reusePolicy(runs: 'once' | 'again', replacing?: Replacing) {
  if (runs === 'again' || replacing === 'completed') return 'ALLOW_DUPLICATE';
  return replacing === 'lost' ? 'ALLOW_DUPLICATE_FAILED_ONLY' : 'REJECT_DUPLICATE';
}

/** The start that comes with an update, where the process does not run. */
export function withStart<W extends Workflow>(
  start: ProcessStart<W>,
  taskQueue: string,
  replacing?: Replacing,
): WithStartWorkflowOperation<W> {
  return new WithStartWorkflowOperation<W>(start.workflow, startOptions(start, taskQueue, replacing));
}

/** Starts a process, unless that was done before. @returns whether there is one that runs. */
export async function startProcess<W extends Workflow>(
  client: Client,
  taskQueue: string,
  start: ProcessStart<W>,
  replacing?: Replacing,
): Promise<boolean> {
  try {
    await client.workflow.start<W>(start.workflow, startOptions(start, taskQueue, replacing));
    return true;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return false;
  }
}

/**
 * Starts a process that was lost, as `reconcile` does. Harmless when it runs.
 * @returns false when it has completed and is not to be replaced
 * @throws ProcessFailed, after it was started, when its last run failed
 */
export async function restartProcess<W extends Workflow>(
  client: Client,
  taskQueue: string,
  start: ProcessStart<W>,
  replacing: Replacing = 'lost',
): Promise<boolean> {
  return await startedAnew(client, start.workflowId, () => startProcess(client, taskQueue, start, replacing));
}
