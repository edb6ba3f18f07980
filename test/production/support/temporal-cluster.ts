/** The production Temporal server on PostgreSQL, set up by the scripts and settings of docker-compose.yml. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endingWithUs } from '../../../src/local/parent-death.ts';
import { LOOPBACK } from '../../../src/local/ports.ts';
import { type ServerProcess, startServerProcess } from '../../../src/local/server-process.ts';
import { findTemporalCli } from '../../../src/local/temporal-binary.ts';
import { type ComposeProject, ROOT, serviceOf } from './compose-file.ts';
import { findProductionTemporal } from './production-temporal-binaries.ts';
import { quietPorts } from './quiet-ports.ts';

export type TemporalCluster = {
  /** `host:port` of its frontend. */
  address: string;
  /** Ends it with the signal and waits. */
  end: (signal: NodeJS.Signals) => Promise<void>;
  /** Starts it again on the same ports and waits until it answers. */
  start: () => Promise<void>;
  /** The same on an empty store, as at first: makes the schema and the namespace too. */
  startAnew: () => Promise<void>;
  output: () => Promise<string>;
};

const PORTS = [
  'FRONTEND_GRPC_PORT',
  'FRONTEND_HTTP_PORT',
  'FRONTEND_MEMBERSHIP_PORT',
  'HISTORY_GRPC_PORT',
  'HISTORY_MEMBERSHIP_PORT',
  'MATCHING_GRPC_PORT',
  'MATCHING_MEMBERSHIP_PORT',
  'WORKER_GRPC_PORT',
  'WORKER_MEMBERSHIP_PORT',
  'METRICS_PORT',
] as const;
type Ports = Record<(typeof PORTS)[number], string>;

const ANSWER_WITHIN_MS = 120_000;

/** Makes the schema, starts the server and makes the namespace. @param folder a place for its files */
export async function startTemporalCluster(
  project: ComposeProject,
  postgresPort: number,
  folder: string,
): Promise<TemporalCluster> {
  const { server: binary, sqlTool } = await findProductionTemporal(console.log);
  const shell = await shellWith(folder, {
    'temporal-sql-tool': sqlTool,
    temporal: await findTemporalCli(console.log),
  });
  const ports = await choosePorts();
  const address = `${LOOPBACK}:${ports.FRONTEND_GRPC_PORT}`;
  const store = { SQL_HOST: LOOPBACK, SQL_PORT: `${postgresPort}` };
  const env = {
    ...environmentOf(project, 'temporal'),
    ...ports,
    // Each works all the time, also with nothing to do: some have the same code run as the file's 128.
    NUM_HISTORY_SHARDS: '4',
    POSTGRES_SEEDS: LOOPBACK,
    DB_PORT: `${postgresPort}`,
    BIND_ON_IP: LOOPBACK,
    PROMETHEUS_ENDPOINT: `${LOOPBACK}:${ports.METRICS_PORT}`,
    DYNAMIC_CONFIG_FILE_PATH: join(ROOT, 'deploy/temporal/dynamic-config.yaml'),
  };
  let server: ServerProcess | undefined;
  const cluster: TemporalCluster = {
    address,
    async start() {
      server = await startServerProcess({
        what: 'Temporal',
        ...endingWithUs(binary, ['start'], 'SIGKILL'),
        env,
        log: join(folder, 'temporal.log'),
        stopSignal: 'SIGTERM',
      });
      await untilHealthy(server, healthUrl(project, ports));
    },
    async startAnew() {
      const schema = { ...environmentOf(project, 'temporal-schema'), ...store, ...shell };
      await runScript('setup-schema.sh', schema);
      await cluster.start();
      const namespace = {
        ...environmentOf(project, 'temporal-namespace'),
        TEMPORAL_ADDRESS: address,
        ...shell,
      };
      await runScript('create-namespace.sh', namespace);
    },
    async end(signal) {
      if (server === undefined) return;
      if (server.endedBy() === undefined) process.kill(server.pid, signal);
      await server.ended;
    },
    output: async () => (await server?.output()) ?? '',
  };
  try {
    await cluster.startAnew();
  } catch (error) {
    await cluster.end('SIGKILL');
    throw error;
  }
  return cluster;
}

function environmentOf(project: ComposeProject, service: string): Record<string, string> {
  return serviceOf(project, service).environment;
}

async function choosePorts(): Promise<Ports> {
  const ports = await quietPorts(PORTS.length);
  return Object.fromEntries(PORTS.map((name, at) => [name, `${ports[at]}`])) as Ports;
}

/** Where the health check of docker-compose.yml asks, with the port that the server has here. */
function healthUrl(project: ComposeProject, ports: Ports): string {
  const url = new URL(serviceOf(project, 'temporal').healthcheck?.test?.at(-1) ?? '');
  url.port = ports.FRONTEND_HTTP_PORT;
  return url.href;
}

async function untilHealthy(server: ServerProcess, url: string): Promise<void> {
  const deadline = performance.now() + ANSWER_WITHIN_MS;
  while (server.endedBy() === undefined && performance.now() < deadline) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
    if (answer?.ok) return;
    await pause(100);
  }
  await server.stop();
  throw new Error(`Temporal did not start:\n${await server.output()}`);
}

/** A shell in which the commands of the images have the names that they have there. */
async function shellWith(folder: string, commands: Record<string, string>): Promise<Record<string, string>> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, binary] of Object.entries(commands)) await symlink(binary, join(bin, name));
  return { PATH: `${bin}:${process.env.PATH ?? ''}`, HOME: folder };
}

async function runScript(name: string, env: Record<string, string>): Promise<void> {
  const child = spawn('sh', [join(ROOT, 'deploy/temporal', name)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${printed}`);
}
