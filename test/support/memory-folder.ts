/** Where a run keeps what it throws away afterwards: databases, projects, sockets. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markOf } from '../../src/local/process-mark.ts';

const MEMORY = '/dev/shm';
/** The most that a run of everything holds at once is about a third of it. */
const ROOM_BYTES = 8 * 1024 ** 3;

/** Followed by the number of the process that made it. */
const PREFIX = 'boon-run-';

/**
 * A folder in memory for this run, where the system has room for one and runs programs from it; else in the usual place.
 * A file system on a disk spends a fifth of a run's time on making and removing the files of databases.
 */
export function scratchFolderOfRun(): string {
  const inMemory = process.env.TMPDIR === undefined && hasRoom() ? tryFolder() : undefined;
  return inMemory ?? makeFolder(tmpdir());
}

function makeFolder(parent: string): string {
  removeLeftovers(parent);
  const folder = mkdtempSync(join(parent, `${PREFIX}${process.pid}-`));
  // As the usual place for temporary files: PostgreSQL passes through as a user of its own where we are root.
  chmodSync(folder, 0o755);
  return folder;
}

/** Of runs that were killed: in memory they would stay until the machine ends. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, pid] = /^boon-run-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && markOf(Number(pid)) === undefined) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false;
  }
}

function tryFolder(): string | undefined {
  const folder = makeFolder(MEMORY);
  const program = join(folder, 'program');
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
  if (spawnSync(program).status === 0) {
    rmSync(program);
    return folder;
  }
  rmSync(folder, { recursive: true });
  return undefined;
}
