import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';
import { type LocalServer, startOnFolder } from './claimed-server.ts';
import { makeFolder } from './machine.ts';
import { endingWithUs } from './parent-death.ts';
import { assertPortFree, freePort, LOOPBACK } from './ports.ts';
import { lastLine } from './run-command.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { LocalSetupError } from './setup-error.ts';

export { startTimeSkippingServer } from './time-skipping-server.ts';

/** How to start the local Temporal server. */
export interface TemporalDevServerOptions {
  /** The Temporal CLI, from `findTemporalCli`. */
  readonly cli: string;
  /** The SQLite file that keeps workflows from start to start; without one they end with the server. */
  readonly dbFile?: string;
  /** The gRPC port, on the loopback address; a free one when not given. */
  readonly port?: number;
  /** The Web UI's port; a free one when not given. */
  readonly uiPort?: number;
  /** Starts without the Web UI. */
  readonly headless?: boolean;
  /** Where the Web UI has payloads decoded, as in `http://127.0.0.1:8080/codec`. */
  readonly codecEndpoint?: string;
  /** Namespaces to have besides `default`. */
  readonly namespaces?: readonly string[];
  /** Search attributes to have, in every namespace. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  /** Server limits and switches: `{ 'limit.historyCount.suggestContinueAsNew': 20 }`. */
  readonly dynamicConfig?: Readonly<Record<string, string | number | boolean>>;
  /** The file its output is added to; beside the database, or a temporary one, when not given. */
  readonly log?: string;
}

/** A Temporal server that runs as a child of this process. */
export interface LocalTemporal extends LocalServer {
  /** `host:port` for clients and workers. */
  readonly address: string;
  /** The Web UI, unless started headless. */
  readonly uiUrl: string | undefined;
}

const START_WITHIN_MS = 60_000;

/** A free port may be taken by another process before the server has it. */
const MAX_TRIES = 5;

/**
 * Starts a Temporal server on this machine and waits until it answers for each namespace.
 *
 * A server that an earlier, killed process left behind on the same database is stopped first.
 *
 * @throws LocalSetupError when a living process uses the database, or the server does not start
 */
export async function startTemporalDevServer(options: TemporalDevServerOptions): Promise<LocalTemporal> {
  const kept = options.dbFile === undefined ? undefined : resolve(options.dbFile);
  const folder = kept === undefined ? await mkdtemp(join(tmpdir(), 'boon-temporal-')) : dirname(kept);
  const base = kept ?? join(folder, 'temporal');
  await makeFolder(folder, 'BOON_DATA_DIR');
  const log = options.log ?? `${base}.log`;
  const claimed = {
    claimFile: `${base}.claim`,
    what: `The Temporal database ${base}`,
    async afterwards() {
      if (kept === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
  const { port, uiPort, pid, ended, stop } = await startOnFolder(claimed, (record) => {
    const start = async (port: number, uiPort: number | undefined) => {
      const server = await startServerProcess({
        what: 'Temporal',
        ...endingWithUs(resolve(options.cli), serverArgs(options, kept, port, uiPort), 'SIGTERM'),
        env: withoutTemporalSettings(process.env),
        log,
        stopSignal: 'SIGTERM',
      });
      await record(server);
      return server;
    };
    return startOnPorts(start, options, log);
  });
  const uiUrl = uiPort === undefined ? undefined : `http://${LOOPBACK}:${uiPort}`;
  return { address: `${LOOPBACK}:${port}`, uiUrl, pid, ended, stop };
}

async function startOnPorts(
  start: (port: number, uiPort: number | undefined) => Promise<ServerProcess>,
  options: TemporalDevServerOptions,
  log: string,
): Promise<{ server: ServerProcess; port: number; uiPort: number | undefined }> {
  // Before the start: afterwards, whatever else listens there would answer in the server's place.
  if (options.port !== undefined) await assertPortFree(options.port, 'Temporal');
  if (options.uiPort !== undefined) await assertPortFree(options.uiPort, 'Temporal Web UI');
  const portsGiven = options.port !== undefined && (options.headless || options.uiPort !== undefined);
  for (let tries = 1; ; tries++) {
    const port = options.port ?? (await freePort());
    const uiPort = options.headless ? undefined : (options.uiPort ?? (await freePort()));
    const server = await start(port, uiPort);
    if (await answers(server, `${LOOPBACK}:${port}`, ['default', ...(options.namespaces ?? [])])) {
      return { server, port, uiPort };
    }
    await server.stop();
    const output = await server.output();
    const portTaken = /address already in use/.test(output);
    if (!portTaken || portsGiven || tries === MAX_TRIES) {
      const reason = lastLine(output) || 'it did not answer';
      throw new LocalSetupError(`The local Temporal server did not start (${reason}): see ${log}`);
    }
  }
}

function serverArgs(
  options: TemporalDevServerOptions,
  dbFile: string | undefined,
  port: number,
  uiPort: number | undefined,
): string[] {
  const args = ['server', 'start-dev', '--ip', LOOPBACK, '--port', `${port}`, '--log-level', 'warn'];
  args.push(...(uiPort === undefined ? ['--headless'] : ['--ui-port', `${uiPort}`]));
  if (dbFile !== undefined) args.push('--db-filename', dbFile);
  if (options.codecEndpoint !== undefined) args.push('--ui-codec-endpoint', options.codecEndpoint);
  for (const namespace of options.namespaces ?? []) args.push('--namespace', namespace);
  for (const [name, type] of Object.entries(options.searchAttributes ?? {})) {
    args.push('--search-attribute', `${name}=${cliType(type)}`);
  }
  for (const [key, value] of Object.entries(options.dynamicConfig ?? {})) {
    args.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);
  }
  return args;
}

/** `KEYWORD_LIST`, as the SDK says it, is `KeywordList` to the CLI. */
function cliType(type: SearchAttributeType): string {
  return type
    .split('_')
    .map((word) => word.charAt(0) + word.slice(1).toLowerCase())
    .join('');
}

/** TEMPORAL_… settings are for clients; the CLI would take some of them for its own. */
function withoutTemporalSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

async function answers(
  server: ServerProcess,
  address: string,
  namespaces: readonly string[],
): Promise<boolean> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (server.endedBy() === undefined && performance.now() < deadline) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 2_000 });
      try {
        for (const namespace of namespaces) await connection.workflowService.describeNamespace({ namespace });
        return server.endedBy() === undefined;
      } finally {
        await connection.close();
      }
    } catch {
      await delay(100);
    }
  }
  return false;
}
