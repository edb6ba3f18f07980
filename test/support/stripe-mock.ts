/** Stripe's own mock of its API, which checks each call against Stripe's OpenAPI document. Built with Go once a machine. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { executableNamedBy, executableOnPath } from '../../src/local/executable.ts';
import { fetchOnce } from '../../src/local/fetch-once.ts';
import { thisMachine } from '../../src/local/machine.ts';
import { freePort, LOOPBACK } from '../../src/local/ports.ts';
import { type Progress, silent } from '../../src/local/progress.ts';
import { builtWithGo } from './go.ts';

const VERSION = '0.203.0';

export type StripeMock = { url: string; close: () => void };

/** Starts it on a free port. `BOON_STRIPE_MOCK` may name another one that is installed. */
export async function startStripeMock(): Promise<StripeMock> {
  const binary = await findStripeMock();
  const port = await freePort();
  // It opens a port for TLS too, always the same unless told otherwise.
  const addresses = ['-http-addr', `${LOOPBACK}:${port}`, '-https-addr', `${LOOPBACK}:${await freePort()}`];
  const child = spawn(binary, addresses, { stdio: 'ignore' });
  const url = `http://${LOOPBACK}:${port}`;
  for (let tries = 0; tries < 600; tries += 1) {
    if ((await fetch(url).catch(() => undefined)) !== undefined) return { url, close: () => child.kill() };
    if (child.exitCode !== null) throw new Error(`stripe-mock ended with ${child.exitCode}`);
    await pause(50);
  }
  child.kill();
  throw new Error('stripe-mock does not answer');
}

/** Finds it, or builds it, some minutes, once a machine. */
export async function findStripeMock(progress: Progress = silent): Promise<string> {
  const { env } = thisMachine;
  const installed = executableNamedBy(env, 'BOON_STRIPE_MOCK') ?? executableOnPath(env, 'stripe-mock');
  if (installed !== undefined) return installed;
  const what = 'stripe-mock';
  const into = join(cacheFolder(env), `${what}-${VERSION}`);
  const fetch = builtWithGo([`github.com/stripe/stripe-mock@v${VERSION}`], what);
  const remedy = 'set BOON_STRIPE_MOCK to where it is';
  return await fetchOnce(
    { what, sources: [{ into, executable: what, fetch }], remedy },
    progress,
    thisMachine,
  );
}
