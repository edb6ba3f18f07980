import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { endProcess, markOf, type ProcessMark } from './process-mark.ts';
import { LocalSetupError } from './setup-error.ts';

/** How to start a server. */
export interface ServerCommand {
  /** What people call it, for messages: `PostgreSQL`. */
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The file its output is added to. */
  readonly log: string;
  /** The signal that asks it to stop in order. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** The user it runs as; ours when not given. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A server that runs as a child of this process. */
export interface ServerProcess {
  readonly pid: number;
  readonly mark: ProcessMark;
  /** Settles when it has ended, however that came, with words for it: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Undefined while it runs, then the words of `ended`. */
  endedBy(): string | undefined;
  /** Stops it in order, by force when that takes longer than `STOP_GRACE_MS`. May be called more than once. */
  stop(): Promise<void>;
  /** What it has printed since this start. */
  output(): Promise<string>;
}

/** PostgreSQL writes a checkpoint when it stops, which on a slow disk takes seconds. */
const STOP_GRACE_MS = 20_000;

/** A log that outgrew this is put aside (one old one is kept) at the next start. */
const LOG_LIMIT_BYTES = 10_000_000;

/**
 * Starts a server as a child in a session of its own, so that a Ctrl-C in the terminal reaches only the launcher,
 * which then stops everything in order.
 */
export async function startServerProcess(server: ServerCommand): Promise<ServerProcess> {
  putLargeLogAside(server.log);
  const output = openSync(server.log, 'a', 0o600);
  const logFrom = statSync(server.log).size;
  const child = spawn(server.command, server.args, {
    // The launcher's own folder may be closed to the user the server runs as.
    cwd: '/',
    detached: true,
    env: server.env,
    stdio: ['ignore', output, output],
    ...server.user,
  });
  closeSync(output);
  await once(child, 'spawn').catch((error: Error) => {
    throw new LocalSetupError(`${server.what} could not be started: ${error.message}`);
  });
  let endedBy: string | undefined;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      endedBy = signal ?? `exit code ${code}`;
      resolve(endedBy);
    });
  });
  const pid = child.pid ?? 0;
  // A process that ended at once has no mark any more; `ended` says so to whoever waits for it to answer.
  const mark = markOf(pid) ?? { pid, born: 'ended' };
  return {
    pid,
    mark,
    ended,
    endedBy: () => endedBy,
    async stop() {
      await endProcess(mark, [server.stopSignal, 'SIGKILL'], STOP_GRACE_MS);
      await ended;
    },
    output: () => readFrom(server.log, logFrom),
  };
}

function putLargeLogAside(log: string): void {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(log, `${log}.old`);
}

async function readFrom(file: string, position: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - position));
    await handle.read(buffer, 0, buffer.length, position);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}
