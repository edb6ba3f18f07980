/** Workflows of one type that have closed, from Temporal's visibility: a page at a time, as it comes. */
import type { Client } from '@temporalio/client';
import type { Instant } from '../domain/instant.ts';

const PAGE = 500;

/**
 * Those of which a run closed since a time, however it did: completed, failed, terminated, timed out, canceled. One may run
 * again under the same id.
 */
export async function* closedSince(
  client: Client,
  type: string,
  since: Instant,
): AsyncGenerator<{ workflowId: string }[]> {
  const closed = `ExecutionStatus != "Running" AND ExecutionStatus != "ContinuedAsNew"`;
  const query = `WorkflowType = "${type}" AND ${closed} AND CloseTime >= "${since}"`;
  let page: { workflowId: string }[] = [];
  for await (const { workflowId } of client.workflow.list({ query, pageSize: PAGE })) {
    page.push({ workflowId });
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
