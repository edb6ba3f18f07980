/** Worker versions: which build new gifts begin on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';

export type Deployment = { name: string; buildId: string };

/** How long a new worker's first poll may take to make its version known, in milliseconds. */
const PATIENCE = 30_000;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/**
 * Makes a version the current one: new gifts begin on it, while those that run finish on theirs. For local use and
 * tests; in production a rollout does it (`temporal worker deployment set-current-version`).
 */
export async function makeCurrent(client: Client, { name, buildId }: Deployment): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      await client.connection.workflowService.setWorkerDeploymentCurrentVersion({
        namespace: client.options.namespace,
        deploymentName: name,
        buildId,
        ignoreMissingTaskQueues: true,
        identity: 'boon',
      });
      return;
    } catch (error) {
      const code = isGrpcServiceError(error) ? error.code : undefined;
      if ((code !== NOT_FOUND && code !== FAILED_PRECONDITION) || Date.now() > end) throw error;
      await sleep(200);
    }
  }
}
