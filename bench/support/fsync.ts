/** How long the disk takes for one write that survives a crash: what every commit of the references waits for, too. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Debian keeps it beside the server, which is not in the path. */
const PLACES = [
  'pg_test_fsync',
  ...[18, 17, 16, 15, 14].map((v) => `/usr/lib/postgresql/${v}/bin/pg_test_fsync`),
];

/** What `pg_test_fsync` says of `fdatasync`, PostgreSQL's own choice on Linux, in the folder's file system. */
export async function fsyncLatency(folder: string): Promise<string> {
  const file = join(folder, 'fsync.test');
  for (const program of PLACES) {
    try {
      const { stdout } = await promisify(execFile)(program, ['--secs-per-test=1', `--filename=${file}`]);
      // The first of them is of one write of 8 kB.
      const [, found] = /^\s*fdatasync\s+(\d.*)$/m.exec(stdout) ?? [];
      return found === undefined
        ? 'no figure of fdatasync'
        : `${found.replace(/\s+/g, ' ').trim()} (fdatasync)`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return `failed (${String(error)})`;
    } finally {
      await rm(file, { force: true });
    }
  }
  return 'not installed';
}
