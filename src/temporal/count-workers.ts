/** How many workers look for work, as Temporal tells it. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import { unavailable } from './failure.ts';

const PATIENCE = 2_000;
/** A worker asks for work at least once a minute; Temporal remembers it for five. */
const SEEN_WITHIN = 90_000;
/** Workflow tasks, in the protocol's numbering of task queue types. */
const WORKFLOW_TASKS = 1;
/** The status code of gRPC of a server that does not tell: the time-skipping one. */
const UNIMPLEMENTED = 12;

/** Undefined where the server does not tell. @throws BoonError `unavailable` when it does not answer. */
export async function countWorkers(client: Client, taskQueue: string): Promise<number | undefined> {
  const asked = () =>
    client.connection.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASKS,
    });
  try {
    const { pollers } = await client.connection.withDeadline(Date.now() + PATIENCE, asked);
    const now = Date.now();
    const living = (pollers ?? []).filter(
      ({ lastAccessTime }) => now - Number(lastAccessTime?.seconds ?? 0) * 1000 < SEEN_WITHIN,
    );
    return new Set(living.map(({ identity }) => identity)).size;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === UNIMPLEMENTED) return undefined;
    throw unavailable(error);
  }
}
