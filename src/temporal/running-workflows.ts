/** Which of many workflows run, by one query to Temporal's visibility. */
import type { Client } from '@temporalio/client';

/** Those of the workflow ids that run; at most 900 are asked for at once. */
export async function runningWorkflows(client: Client, workflowIds: readonly string[]): Promise<Set<string>> {
  const ids = workflowIds.map((id) => `"${id}"`).join(', ');
  const query = `WorkflowId IN (${ids}) AND ExecutionStatus = "Running"`;
  const running = new Set<string>();
  // A page that is not full is the last one.
  const pageSize = workflowIds.length + 1;
  for await (const { workflowId } of client.workflow.list({ query, pageSize })) {
    running.add(workflowId);
  }
  return running;
}
