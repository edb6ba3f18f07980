import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The two servers that the Temporal SDK can download. */
export type SdkServer = 'dev-server' | 'time-skipping';

/**
 * Has the Temporal SDK download a server into an empty folder. Returns the file's path, or undefined when it could
 * not be had. A seam: tests pass one that finds nothing.
 */
export type SdkDownload = (server: SdkServer, version: string, folder: string) => Promise<string | undefined>;

/** No connection, or no further byte, for this long means that the download will not come. */
const STALLED_MS = 20_000;

/**
 * The SDK downloads only as the first step of starting a server, gives no time limit and cannot be called off. So it
 * runs in a process of its own, which is ended with all it started when the download stalls.
 */
const DOWNLOAD = `
const [, testing, server, version, downloadDir] = process.argv;
const { TestWorkflowEnvironment } = require(testing);
const options = { server: { executable: { type: 'cached-download', version, downloadDir } } };
const started = server === 'dev-server'
  ? TestWorkflowEnvironment.createLocal(options)
  : TestWorkflowEnvironment.createTimeSkipping(options);
started.then((environment) => environment.teardown()).then(() => process.exit(0), () => process.exit(1));
`;

/**
 * Downloads by the SDK, giving up when nothing comes.
 *
 * @param stalledMs how long nothing may come, in milliseconds
 */
export async function downloadBySdk(
  server: SdkServer,
  version: string,
  folder: string,
  stalledMs: number = STALLED_MS,
): Promise<string | undefined> {
  const testing = createRequire(import.meta.url).resolve('@temporalio/testing');
  const child = spawn(process.execPath, ['-e', DOWNLOAD, testing, server, version, folder], {
    // A group of its own, so that the server it starts to try the download can be ended with it.
    detached: true,
    stdio: 'ignore',
  });
  const ended = once(child, 'close').then(() => true);
  let bytes = 0;
  let changed = performance.now();
  while (!(await Promise.race([ended, pause(500)]))) {
    const now = await folderBytes(folder);
    if (now !== bytes) changed = performance.now();
    bytes = now;
    if (performance.now() - changed > stalledMs) endGroup(child.pid);
  }
  if (child.exitCode !== 0) return undefined;
  const [complete] = await readdir(folder);
  return complete === undefined ? undefined : join(folder, complete);
}

async function folderBytes(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (s) => s.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It ended just now.
  }
}

function pause(ms: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms).unref());
}
