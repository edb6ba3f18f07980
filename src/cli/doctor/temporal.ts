/** Temporal: whether it answers, and whether everything that Boon needs in the namespace is there. */
import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import type { Config } from '../../config.ts';
import { SCHEDULES, SETTLEMENT_SCHEDULE } from '../../contracts/temporal.ts';
import { makeCurrentCommand } from '../../contracts/workers.ts';
import { temporalClient, temporalTarget } from '../../temporal/connection.ts';
import { askForWorkers } from '../../temporal/count-workers.ts';
import { missingAttributes, mistypedAttributes } from '../../temporal/search-attributes.ts';
import { type Finding, fault, ok, reason, warning } from './finding.ts';

const PATIENCE_MS = 5_000;
const START_A_WORKER = 'Start a worker: it makes what is missing.';

export async function checkTemporal(config: Config, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const target = temporalTarget(env, config.temporalAddress);
  const client = temporalClient(target);
  const address = String(target.connectionOptions.address);
  // For commands to be pasted as they are.
  const at = `--address ${address} --namespace ${target.namespace}`;
  try {
    return await client.connection.withDeadline(Date.now() + PATIENCE_MS, async () => {
      const { serverVersion } = await client.connection.workflowService.getSystemInfo({});
      const namespace = await checkNamespace(client, address);
      if (namespace.state === 'fault')
        return [ok('Temporal', `${serverVersion} answers at ${address}`), namespace];
      return [
        ok('Temporal', `${serverVersion} answers at ${address}`),
        namespace,
        await checkAttributes(client),
        ...(await Promise.all(schedulesOf(config).map((id) => checkSchedule(client, id, at)))),
        await checkWorkers(client, config.taskQueue, { address, at }),
      ];
    });
  } catch (error) {
    const fix = `Start Temporal at ${address}, or set TEMPORAL_ADDRESS and the other TEMPORAL_ settings to where it runs.`;
    return [fault('Temporal', `does not answer at ${address}: ${reason(error)}`, fix)];
  } finally {
    await client.connection.close();
  }
}

function schedulesOf({ gifts }: Config): string[] {
  const settlement = gifts.processes === 'batched' ? [SETTLEMENT_SCHEDULE] : [];
  return [...Object.values(SCHEDULES), ...settlement];
}

async function checkNamespace(client: Client, address: string): Promise<Finding> {
  const { namespace } = client.options;
  try {
    await client.connection.workflowService.describeNamespace({ namespace });
    return ok('namespace', namespace);
  } catch (error) {
    const fix = `Set TEMPORAL_NAMESPACE, or run \`temporal operator namespace create --address ${address} --namespace ${namespace}\`.`;
    return fault('namespace', `${namespace}: ${reason(error)}`, fix);
  }
}

async function checkAttributes(client: Client): Promise<Finding> {
  const part = 'search attributes';
  const mistyped = await mistypedAttributes(client);
  if (mistyped.length > 0) {
    const each = mistyped.map(({ name, type, wanted }) => `${name} is ${type} and must be ${wanted}`);
    return fault(part, each.join(', '), 'Take another namespace, or remove them and start a worker.');
  }
  const missing = await missingAttributes(client);
  return missing.length === 0
    ? ok(part, 'all registered')
    : fault(part, `${missing.join(', ')} missing`, START_A_WORKER);
}

async function checkSchedule(client: Client, id: string, at: string): Promise<Finding> {
  const part = `schedule ${id}`;
  try {
    const { state, info } = await client.schedule.getHandle(id).describe();
    if (state.paused) {
      return warning(
        part,
        `paused: ${state.note ?? ''}`,
        `Run \`temporal schedule toggle --unpause --schedule-id ${id} ${at}\`.`,
      );
    }
    const next = info.nextActionTimes[0]?.toISOString() ?? 'unknown';
    return ok(part, `runs next at ${next}`);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return fault(part, 'is not there', START_A_WORKER);
  }
}

async function checkWorkers(
  client: Client,
  name: string,
  { address, at }: { address: string; at: string },
): Promise<Finding> {
  const part = 'workers';
  const { count, waiting } = await askForWorkers(client, name);
  if (count === 0) {
    const fix = `Start one: \`TEMPORAL_ADDRESS=${address} boon worker\`, or everything with \`npm start\`.`;
    return fault(part, `none on the task queue ${name} at ${address}`, fix);
  }
  if (waiting.length === 0) return ok(part, `${count} on the task queue ${name}`);
  const versions = waiting.map(({ deployment, build_id = 'no version' }) => `${deployment} ${build_id}`);
  const commands = waiting.map((version) => `\`${makeCurrentCommand(version)} ${at}\``);
  return fault(
    part,
    `${count} on the task queue ${name}, none of the current version, so nothing that is new comes to them: ${versions.join(', ')}`,
    `Run ${commands.join(' or ')}.`,
  );
}
