/** Resets a workflow as an operator does: to the completion of its first task, after which everything happens again. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';

export async function resetWorkflow(client: Client, workflowId: string): Promise<void> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    reason: 'an operator tries it out',
    workflowTaskFinishEventId: first ?? null,
    requestId: randomUUID(),
  });
}
