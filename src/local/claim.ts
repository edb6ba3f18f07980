import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, isRunning, markOf, type ProcessMark } from './process-mark.ts';
import type { Progress } from './progress.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** What the claim file says: whose the folder is, and which server runs on it. */
interface Claimed {
  readonly owner: ProcessMark;
  readonly server?: ProcessMark;
}

/** The right of this process to a folder, until it gives it back or ends. */
export interface Claim {
  /** Notes the server started on the folder, so that the next claimant can end it if we die first. */
  record(server: ProcessMark): Promise<void>;
  /** Gives the folder back. May be called more than once. */
  release(): Promise<void>;
}

/** A server left behind by a killed owner gets this long to stop by itself before it is killed. */
const LEFTOVER_GRACE_MS = 10_000;

/** How long a claim file may stay empty while its owner writes it. */
const HALF_WRITTEN_MS = 500;

/**
 * Claims a folder by a small file in it: at most one living process has the claim.
 *
 * A claim whose owner has died is taken over, after the server recorded in it has been ended: with SIGINT first,
 * which PostgreSQL and Temporal both take as "stop now, in order".
 *
 * @returns the claim, or the living process that holds it
 */
export async function takeClaim(file: string): Promise<Claim | { readonly heldBy: ProcessMark }> {
  const owner = markOf(process.pid);
  if (owner === undefined) throw new Error('This process does not find itself among the running ones');
  for (;;) {
    try {
      await writeFile(file, JSON.stringify({ owner }), { flag: 'wx' });
      return claimOf(file, owner);
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error;
    }
    const text = await readSettled(file);
    const held = text === undefined ? undefined : parse(text);
    if (held !== undefined && isRunning(held.owner)) return { heldBy: held.owner };
    await endLeftover(held?.server);
    await removeUnchanged(file, text);
  }
}

/**
 * Runs a step that only one process on the machine should do at a time, waiting for the others' turns first. The
 * step must look first whether another has done the work meanwhile.
 */
export async function inTurn<T>(
  file: string,
  progress: Progress,
  what: string,
  step: () => Promise<T>,
): Promise<T> {
  let told = false;
  for (;;) {
    const claim = await takeClaim(file);
    if ('heldBy' in claim) {
      if (!told) progress(`Waiting for process ${claim.heldBy.pid}: ${what} …`);
      told = true;
      await delay(500);
      continue;
    }
    try {
      return await step();
    } finally {
      await claim.release();
    }
  }
}

async function endLeftover(server: ProcessMark | undefined): Promise<void> {
  if (server === undefined) return;
  if (await endProcess(server, ['SIGINT', 'SIGKILL'], LEFTOVER_GRACE_MS)) return;
  throw new LocalSetupError(
    `Process ${server.pid}, a server left behind by an earlier start, could not be stopped: end it and start again`,
  );
}

function claimOf(file: string, owner: ProcessMark): Claim {
  let current: string | undefined = JSON.stringify({ owner });
  return {
    async record(server) {
      current = JSON.stringify({ owner, server });
      const beside = `${file}.${process.pid}`;
      await writeFile(beside, current);
      await rename(beside, file);
    },
    async release() {
      const text = current;
      current = undefined;
      await removeUnchanged(file, text);
    },
  };
}

/** Removes the claim file if it still says `text`: a claim that another process has just taken stays. */
async function removeUnchanged(file: string, text: string | undefined): Promise<void> {
  if (text === undefined) return;
  const now = await readFile(file, 'utf8').catch(() => undefined);
  if (now === text) await rm(file, { force: true });
}

/** The file's text, once it is complete; undefined when it is gone or was never completed. */
async function readSettled(file: string): Promise<string | undefined> {
  const deadline = performance.now() + HALF_WRITTEN_MS;
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined || parse(text) !== undefined) return text;
    if (performance.now() > deadline) return text;
    await delay(20);
  }
}

function parse(text: string): Claimed | undefined {
  try {
    const value: Claimed = JSON.parse(text);
    return isMark(value.owner) && (value.server === undefined || isMark(value.server)) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMark(mark: ProcessMark | undefined): boolean {
  return typeof mark?.pid === 'number' && typeof mark.born === 'string';
}
