import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isError } from '../domain/is-error.ts';
import { type LocalServer, startOnFolder } from './claimed-server.ts';
import { makeFolder } from './machine.ts';
import { endingWithUs } from './parent-death.ts';
import { assertPortFree, freePort, LOOPBACK } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { DATABASE_USER, ensureCluster, postgresEnv } from './postgres-cluster.ts';
import { asUser, postgresUser } from './postgres-user.ts';
import { commandLineOf } from './process-mark.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';
import { LocalSetupError } from './setup-error.ts';

export { createDatabase, dropDatabase, ensureDatabase } from './database.ts';

/** How to start the local PostgreSQL. */
export interface LocalPostgresOptions {
  /** Its folder: the data, the password, the log. Kept from start to start. */
  readonly dataDir: string;
  /** The port it listens on, on the loopback address; a free one when not given. */
  readonly port?: number;
  /** The file its output is added to; `server.log` in its folder when not given. */
  readonly log?: string;
  /** Server settings, as in postgresql.conf: `{ fsync: 'off' }` for tests. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
}

/** A PostgreSQL server that runs as a child of this process. Stopping it rolls open transactions back. */
export interface LocalPostgres extends LocalServer {
  /** Connects as its superuser to the database `postgres`, which is there to create others from. */
  readonly url: string;
  readonly port: number;
}

/** Recovery after a crash replays the log since the last checkpoint: at most 1 GB by default. */
const START_WITHIN_MS = 120_000;

/** After a kill -9 of the server its children take a moment to notice and go. */
const MAX_TRIES = 20;

/**
 * Starts a real PostgreSQL on this machine, making its database at the first start.
 *
 * A server that an earlier, killed process left behind on the folder is stopped first.
 *
 * @throws LocalSetupError when a living process uses the folder, or the server does not start
 */
export async function startPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const folder = resolve(options.dataDir);
  await makeFolder(folder, 'BOON_DATA_DIR');
  const claimed = { claimFile: join(folder, 'claim.json'), what: `The database in ${folder}` };
  const { port, password, pid, ended, stop } = await startOnFolder(claimed, async (record) => {
    if (options.port !== undefined) await assertPortFree(options.port, 'PostgreSQL');
    const binaries = await postgresBinaries();
    const user = postgresUser(join(folder, 'data'));
    const { data, password } = await ensureCluster(folder, binaries, user);
    await forgetForeignLock(data);
    const log = options.log ?? join(folder, 'server.log');
    const start = async (port: number) => {
      const bound = endingWithUs(binaries.postgres, serverArgs(data, port, options.settings), 'SIGINT');
      const server = await startServerProcess({
        what: 'PostgreSQL',
        ...asUser(user, bound, [binaries.postgres, data]),
        env: postgresEnv(),
        log,
        stopSignal: 'SIGINT',
      });
      await record(server);
      return server;
    };
    return { ...(await startOnPort(start, options.port, log, password)), password };
  });
  return { url: urlOf(port, password), port, pid, ended, stop };
}

function serverArgs(data: string, port: number, settings: LocalPostgresOptions['settings'] = {}): string[] {
  const all = {
    listen_addresses: LOOPBACK,
    port,
    // No socket file: its folder may not be ours, and its path has a small limit.
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  return ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function startOnPort(
  start: (port: number) => Promise<ServerProcess>,
  wanted: number | undefined,
  log: string,
  password: string,
): Promise<{ server: ServerProcess; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = wanted ?? (await freePort());
    const server = await start(port);
    try {
      await untilAnswers(server, urlOf(port, password));
      return { server, port };
    } catch (error) {
      await server.stop();
      const output = await server.output();
      const portTaken = wanted === undefined && /could not bind/.test(output);
      const oldChildren = /pre-existing shared memory block/.test(output);
      if (!(portTaken || oldChildren) || tries === MAX_TRIES) throw explained(error, output, log);
      await delay(250);
    }
  }
}

async function untilAnswers(server: ServerProcess, url: string): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {}); // The connection broke after it stood: the next try says why.
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (server.endedBy() !== undefined || performance.now() > deadline || isRefusal(error)) throw error;
    }
    await delay(50);
  }
}

/** 28…: the password is not the database's. Anything else may pass: not listening yet, still starting up. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('28') === true;
}

function explained(error: unknown, output: string, log: string): LocalSetupError {
  const fatal = output.split('\n').findLast((line) => /FATAL|PANIC|error/.test(line));
  const reason = fatal?.replace(/^.*?(FATAL|PANIC): */, '') ?? (isError(error) ? error.message : `${error}`);
  return new LocalSetupError(`The local PostgreSQL did not start (${reason.trim()}): see ${log}`);
}

/**
 * PostgreSQL notes its process number in the folder, and does not start while any process has that number: after a
 * restart of the machine or the container it may be a stranger's. Then the note is removed. When it is another
 * server's on this very folder, which somebody started by hand, we say so.
 */
async function forgetForeignLock(data: string): Promise<void> {
  const file = join(data, 'postmaster.pid');
  const [line] = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const pid = Number(line);
  const command = pid > 0 ? commandLineOf(pid) : undefined;
  if (command === undefined) return;
  if (command.includes(data)) {
    throw new LocalSetupError(
      `A PostgreSQL, process ${pid}, already runs on ${data}: stop it and start again`,
    );
  }
  await rm(file);
}

function urlOf(port: number, password: string): string {
  return `postgresql://${DATABASE_USER}:${password}@${LOOPBACK}:${port}/postgres`;
}
