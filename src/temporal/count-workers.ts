/** How many workers poll for work, and whether any of them gets new work, as Temporal reports it. */
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Workers, WorkerVersion } from '../contracts/workers.ts';
import { unavailable } from './failure.ts';

const PATIENCE = 2_000;
/** A worker asks for work at least once a minute; Temporal remembers it for five. */
const SEEN_WITHIN = 90_000;
/** Workflow tasks, in the protocol's numbering of task queue types. */
const WORKFLOW_TASKS = 1;
/** Workers that have a version, in its numbering of modes. */
const VERSIONED = 2;
/** gRPC's status code from a server that cannot say: the time-skipping one. */
const UNIMPLEMENTED = 12;

/** Undefined where the server does not say. @throws BoonError `unavailable` when it does not answer. */
export async function countWorkers(client: Client, taskQueue: string): Promise<Workers | undefined> {
  try {
    return await client.connection.withDeadline(Date.now() + PATIENCE, () =>
      askForWorkers(client, taskQueue),
    );
  } catch (error) {
    if (isGrpcServiceError(error) && error.code === UNIMPLEMENTED) return undefined;
    throw unavailable(error);
  }
}

/** Asks Temporal how many workers have polled the task queue lately, and of which versions. */
export async function askForWorkers(client: Client, taskQueue: string): Promise<Workers> {
  const { pollers, versioningInfo } = await client.connection.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  const now = Date.now();
  const living = (pollers ?? []).filter(
    ({ lastAccessTime }) => now - Number(lastAccessTime?.seconds ?? 0) * 1000 < SEEN_WITHIN,
  );
  const versions = new Map(
    living.map(({ deploymentOptions: options }) => {
      const version = options?.workerVersioningMode === VERSIONED ? versionOf(options) : undefined;
      return [nameOf(version), version];
    }),
  );
  return { count: new Set(living.map(({ identity }) => identity)).size, waiting: waiting() };

  /** What is new goes to the current version, and a share of it to the one that is brought in; none is no version at all. */
  function waiting(): WorkerVersion[] {
    const current = versionOf(versioningInfo?.currentDeploymentVersion);
    const ramping = (versioningInfo?.rampingVersionPercentage ?? 0) > 0;
    const given = [current, ...(ramping ? [versionOf(versioningInfo?.rampingDeploymentVersion)] : [])];
    if (given.some((version) => versions.has(nameOf(version)))) return [];
    return [...versions.values()].map((version) => version ?? { deployment: `${current?.deployment}` });
  }
}

type Told = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

function versionOf(told: Told): Required<WorkerVersion> | undefined {
  return told?.deploymentName ? { deployment: told.deploymentName, build_id: told.buildId ?? '' } : undefined;
}

function nameOf(version: WorkerVersion | undefined): string {
  return version === undefined ? '' : JSON.stringify([version.deployment, version.build_id]);
}
