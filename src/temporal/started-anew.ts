/**
 * Starting a process again, and reporting if the one before it failed: what fails each time must not be started each
 * minute.
 */
import { type Client, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ProcessFailed } from '../activities/process-failed.ts';

/**
 * Starts a process that does not run.
 * @param start answers false where nothing was started
 * @throws {@link ProcessFailed}, after it was started, when its last run failed: its duty puts it aside for longer each time
 */
export async function startedAnew<T>(
  client: Client,
  workflowId: string,
  start: () => Promise<T>,
): Promise<T> {
  const why = await failureOf(client, workflowId);
  const answer = await start();
  if (why !== undefined && answer !== false) throw new ProcessFailed(why);
  return answer;
}

/** Why the last run under an id failed; undefined when there is none, or it runs, or ended in another way. */
async function failureOf(client: Client, workflowId: string): Promise<string | undefined> {
  try {
    const { runId, status } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'FAILED') return undefined;
    await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
    return undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (error instanceof WorkflowFailedError) return textOf(error.cause ?? error);
    throw error;
  }
}

/** With what lies under it: an activity's failure says only that it failed. */
function textOf(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${textOf(cause)}` : error.message;
}
