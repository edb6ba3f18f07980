import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startPostgres } from '../../src/local/postgres.ts';
import { isRunning, markOf, type ProcessMark } from '../../src/local/process-mark.ts';
import { startTemporalDevServer } from '../../src/local/temporal.ts';
import { findTemporalCli } from '../../src/local/temporal-binary.ts';
import { scratchFolder } from './support/scratch.ts';

// The first search on a machine may build the Temporal CLI.
vi.setConfig({ testTimeout: 600_000 });

const LAUNCHER = fileURLToPath(new URL('./support/servers-for-ever.ts', import.meta.url));

/** Starts the stand-in in a group of its own, as a terminal does with a command. */
async function launched(
  folder: string,
  cli: string,
): Promise<{ launcher: ChildProcess; servers: ProcessMark[] }> {
  const launcher = spawn(process.execPath, [LAUNCHER, folder, cli], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    launcher.kill('SIGKILL');
  });
  const [line] = await once(createInterface(launcher.stdout), 'line');
  const pids: number[] = JSON.parse(line);
  return { launcher, servers: pids.map(markOf).filter((mark) => mark !== undefined) };
}

test('a Ctrl-C in the terminal reaches the launcher and not the servers, and its death ends them', async () => {
  const folder = scratchFolder();
  const cli = await findTemporalCli(console.log);
  const { launcher, servers } = await launched(folder, cli);
  expect(servers).toHaveLength(2);
  process.kill(-(launcher.pid ?? 0), 'SIGINT');
  await delay(500);
  expect(servers.map(isRunning)).toEqual([true, true]);

  launcher.kill('SIGKILL');
  await once(launcher, 'exit');
  // Wherever the kernel does not end them, the next start does.
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres') });
  onTestFinished(() => postgres.stop());
  const temporal = await startTemporalDevServer({ cli, dbFile: join(folder, 'temporal.db'), headless: true });
  onTestFinished(() => temporal.stop());
  expect(servers.map(isRunning)).toEqual([false, false]);
});
