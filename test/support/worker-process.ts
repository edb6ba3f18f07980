/** A worker as a process of its own, for tests that start, stop and kill it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../src/local/ports.ts';
import type { GiftRig } from './gift-rig.ts';
import type { PolicyPatch } from './test-ledger.ts';

const ENTRY = join(import.meta.dirname, '../../src/worker.ts');

export type WorkerProcess = {
  child: ChildProcess;
  /** Base of its `/healthz`, `/readyz` and `/metrics`. */
  url: string;
  /** What it has printed. */
  output: () => string;
  /** Ends it with the signal and waits; the exit code, or null after SIGKILL. */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** Runs `src/worker.ts` with nothing but these settings. */
export function runWorker(env: Record<string, string>): { child: ChildProcess; output: () => string } {
  const { PATH = '', HOME = '', TMPDIR = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ENTRY], {
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed += String(chunk);
    });
  }
  return { child, output: () => printed };
}

/** Starts a worker on the rig's ledger and server, and waits until it is ready. */
export async function startWorkerProcess(
  rig: GiftRig,
  policy: PolicyPatch,
  env: Record<string, string> = {},
): Promise<WorkerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-worker-'));
  const policyFile = join(folder, 'policy.json');
  await writeFile(policyFile, JSON.stringify(policy));
  const port = await freePort();
  const { child, output } = runWorker({
    DATABASE_URL: rig.own.url,
    BOON_ENCRYPTION_KEY: rig.own.encryptionKey.toString('base64'),
    TEMPORAL_ADDRESS: rig.temporal.address,
    TEMPORAL_NAMESPACE: rig.client.options.namespace,
    BOON_POLICY: policyFile,
    BOON_METRICS_PORT: String(port),
    BOON_LOG_LEVEL: 'info',
    // Workflows in the main thread: another one would load the SDK again, a quarter of what a start costs.
    TEMPORAL_DEBUG: '1',
    ...env,
  });
  const ended = once(child, 'exit').then(async ([code]) => {
    await rm(folder, { recursive: true, force: true });
    return code as number | null;
  });
  const url = `http://127.0.0.1:${port}`;
  const worker: WorkerProcess = {
    child,
    url,
    output,
    async end(signal) {
      child.kill(signal);
      return await ended;
    },
  };
  for (let tries = 0; tries < 600; tries += 1) {
    const ready = await fetch(`${url}/readyz`).catch(() => undefined);
    if (ready?.ok) return worker;
    if (child.exitCode !== null) throw new Error(`The worker ended with ${child.exitCode}:\n${output()}`);
    await pause(50);
  }
  await worker.end('SIGKILL');
  throw new Error(`The worker did not become ready:\n${output()}`);
}
