/**
 * What docker-compose.yml runs, as processes: PostgreSQL, the production Temporal server on it, a migration, two
 * workers and one API server, with the settings, the roles and the scripts of that file.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { BoonClient } from '../../../src/client/index.ts';
import { LOOPBACK } from '../../../src/local/ports.ts';
import { dropDatabase, type LocalPostgres, startPostgres } from '../../../src/local/postgres.ts';
import { type ComposeProject, composeProject, serviceOf } from './compose-file.ts';
import { makeRoles } from './postgres-roles.ts';
import { quietPorts } from './quiet-ports.ts';
import { runBoon, type ServiceProcess, startService } from './service-process.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { startTemporalCluster, type TemporalCluster } from './temporal-cluster.ts';

export type Deployment = {
  /** Over HTTP, as the operator. */
  client: BoonClient;
  serverUrl: string;
  temporal: TemporalCluster;
  /** Between the API server and Temporal. */
  wire: TcpProxy;
  /** Runs a `boon` command on the database. */
  boon: (...args: string[]) => Promise<string>;
  /** Looks into the ledger's database. */
  sql: (text: string, values?: unknown[]) => Promise<Record<string, unknown>[]>;
  /** How many gifts' workflows each worker has completed, by its metrics. */
  completedByWorkers: () => Promise<number[]>;
  killWorker: (at: number) => Promise<void>;
  /**
   * Drops both of Temporal's databases and sets it up anew. The workers end, as after any such repair, and the first one
   * starts again.
   */
  loseTemporal: () => Promise<void>;
  killServer: () => Promise<void>;
  startServer: () => Promise<void>;
  killPostgres: () => Promise<void>;
  startPostgres: () => Promise<void>;
  /** The last that every part has printed, for a failed test. */
  outputs: () => Promise<string>;
  close: () => Promise<void>;
};

const WORKERS = 2;

/** Starts everything. @param policy merged over the shipped one */
export async function deploy(policy: object): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-production-'));
  // What was started, ended in the reverse order also when a later part does not start.
  const enders: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (const end of enders.toReversed()) await end();
  };
  try {
    return await deployInto(folder, policy, enders, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function deployInto(
  folder: string,
  policy: object,
  enders: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Deployment> {
  const variables = {
    POSTGRES_PASSWORD: secret(),
    BOON_DATABASE_PASSWORD: secret(),
    TEMPORAL_DATABASE_PASSWORD: secret(),
    BOON_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOON_API_KEY: secret(),
    BOON_PUBLIC_URL: 'https://boon.example',
    BOON_RATE_LIMIT: '0',
    BOON_LOG_LEVEL: 'info',
  };
  const project = composeProject(variables);
  const policyFile = join(folder, 'policy.json');
  await writeFile(policyFile, JSON.stringify(policy));
  const [postgresPort = 0, serverPort = 0, ...workerPorts] = await quietPorts(2 + WORKERS);

  const startDatabase = () =>
    startPostgres({
      dataDir: join(folder, 'postgres'),
      port: postgresPort,
      settings: postgresSettings(project),
    });
  let postgres: LocalPostgres = await startDatabase();
  enders.push(() => postgres.stop());
  await makeRoles(postgres.url, serviceOf(project, 'postgres').environment);

  const environmentOf = (service: string, temporalAddress = 'temporal:7233'): Record<string, string> => ({
    ...mapped(serviceOf(project, service).environment, {
      '@postgres:5432/': `@${LOOPBACK}:${postgresPort}/`,
      'temporal:7233': temporalAddress,
    }),
    BOON_POLICY: policyFile,
  });
  const boon = (...args: string[]) => runBoon(args, environmentOf('migrate'));
  const [temporal] = await Promise.all([
    startTemporalCluster(project, postgresPort, folder),
    boon(...(serviceOf(project, 'migrate').command ?? [])),
  ]);
  enders.push(() => temporal.end('SIGTERM'));
  const wire = await startTcpProxy(temporal.address);
  enders.push(() => wire.close());

  const startOneWorker = (at: number) =>
    startService('worker', environmentOf('worker', temporal.address), workerPorts[at] ?? 0);
  const workers: ServiceProcess[] = [];
  enders.push(() => Promise.all(workers.map((worker) => worker.end('SIGTERM'))));
  const startApi = () => startService('server', environmentOf('server', wire.address), serverPort);
  const startWorkers = async () =>
    void workers.push(...(await Promise.all(workerPorts.map((_, at) => startOneWorker(at)))));
  let [server] = await Promise.all([startApi(), startWorkers()]);
  enders.push(() => server.end('SIGTERM'));

  const { DATABASE_URL = '' } = environmentOf('migrate');
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2 });
  pool.on('error', () => {}); // PostgreSQL was killed; the next query connects again.
  enders.push(() => pool.end());
  const api = { baseUrl: server.url, apiKey: variables.BOON_API_KEY };
  return {
    client: new BoonClient(api),
    serverUrl: server.url,
    temporal,
    wire,
    boon,
    sql: async (text, values) => (await pool.query(text, values)).rows,
    completedByWorkers: () => Promise.all(workers.map(({ url }) => completedGifts(url))),
    async killWorker(at) {
      await workers[at]?.end('SIGKILL');
    },
    async loseTemporal() {
      await temporal.end('SIGKILL');
      for (const name of ['temporal', 'temporal_visibility']) await dropDatabase(postgres.url, name);
      await temporal.startAnew();
      await Promise.all(workers.map((worker) => worker.end('SIGTERM')));
      workers.splice(0, WORKERS, await startOneWorker(0));
    },
    async killServer() {
      await server.end('SIGKILL');
    },
    async startServer() {
      server = await startApi();
    },
    async killPostgres() {
      process.kill(postgres.pid, 'SIGKILL');
      await postgres.ended;
    },
    async startPostgres() {
      postgres = await startDatabase();
    },
    async outputs() {
      const services = [server, ...workers].map(
        (service) => `=== ${service.url}\n${service.output().slice(-5_000)}`,
      );
      return [...services, `=== Temporal\n${(await temporal.output()).slice(-5_000)}`].join('\n');
    },
    close,
  };
}

async function completedGifts(workerUrl: string): Promise<number> {
  const metrics = await (await fetch(`${workerUrl}/metrics`)).text();
  const completed = /^temporal_workflow_completed\{.*workflow_type="gift".*\} (\d+)/m.exec(metrics)?.[1];
  return Number(completed ?? 0);
}

/** Hexadecimal: passwords stand in URLs. */
function secret(): string {
  return randomBytes(24).toString('hex');
}

/** `-c name=value` of the command that runs PostgreSQL. */
function postgresSettings(project: ComposeProject): Record<string, string> {
  const { command = [] } = serviceOf(project, 'postgres');
  const settings = command.filter((_, at) => command[at - 1] === '-c').map((setting) => setting.split('='));
  return Object.fromEntries(settings);
}

function mapped(
  environment: Readonly<Record<string, string>>,
  replacements: Readonly<Record<string, string>>,
): Record<string, string> {
  const map = (value: string) =>
    Object.entries(replacements).reduce((text, [from, to]) => text.replaceAll(from, to), value);
  return Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, map(value)]));
}
