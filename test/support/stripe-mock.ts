/** Stripe's own mock of its API, which checks each call against Stripe's OpenAPI document. Built with Go once a machine. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { inTurn } from '../../src/local/claim.ts';
import { executableNamedBy, executableOnPath, isExecutable } from '../../src/local/executable.ts';
import { freePort, LOOPBACK } from '../../src/local/ports.ts';
import { silent } from '../../src/local/progress.ts';
import { runCommand } from '../../src/local/run-command.ts';

const VERSION = '0.203.0';
const GO_INSTALL = `install github.com/stripe/stripe-mock@v${VERSION}`;

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

async function findStripeMock(): Promise<string> {
  const installed =
    executableNamedBy(process.env, 'BOON_STRIPE_MOCK') ?? executableOnPath(process.env, 'stripe-mock');
  if (installed !== undefined) return installed;
  const folder = join(cacheFolder(), 'bin');
  const cached = join(folder, `stripe-mock-${VERSION}`);
  await mkdir(folder, { recursive: true });
  return await inTurn(`${cached}.claim`, silent, 'it is building stripe-mock', async () => {
    if (!isExecutable(cached)) await build(folder, cached);
    return cached;
  });
}

async function build(folder: string, cached: string): Promise<void> {
  const made = await mkdtemp(join(folder, 'stripe-mock-'));
  try {
    const built = await runCommand('go', GO_INSTALL.split(' '), { env: { ...process.env, GOBIN: made } });
    if (!built.ok) throw new Error(`Go could not build stripe-mock: ${built.output}`);
    await rename(join(made, 'stripe-mock'), cached);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
