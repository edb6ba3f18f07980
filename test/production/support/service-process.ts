/** Boon's services as processes of their own, started as package.json starts them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endingWithUs } from '../../../src/local/parent-death.ts';
import { LOOPBACK } from '../../../src/local/ports.ts';
import { ROOT } from './compose-file.ts';

export type ServiceProcess = {
  /** Base URL of what it serves: the API, or a worker's health and metrics. */
  url: string;
  output: () => string;
  /**
   * Sends the signal and waits for the end: the exit code, or null after SIGKILL.
   * @throws Error with what it printed when it does not end in its time; it is killed then
   */
  end: (signal: NodeJS.Signals) => Promise<number | null>;
};

/** How long a service may take to start: a worker waits until a new Temporal knows Boon's search attributes. */
const START_WITHIN_MS = 120_000;
/** How long docker-compose.yml lets a worker stop, and some more for a busy machine. */
const STOP_WITHIN_MS = 60_000;
/** What is kept of its output, in characters. */
const OUTPUT_LIMIT = 200_000;

/** Starts `npm run server` or `npm run worker` without npm, which would stand between it and the signals. */
export async function startService(
  role: 'server' | 'worker',
  env: Record<string, string>,
  port: number,
): Promise<ServiceProcess> {
  const listening = role === 'server' ? { PORT: `${port}` } : { BOON_METRICS_PORT: `${port}` };
  const { child, output } = run(npmScript(role), { HOST: LOOPBACK, ...listening, ...env });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const service: ServiceProcess = {
    url: `http://${LOOPBACK}:${port}`,
    output,
    async end(signal) {
      child.kill(signal);
      const late = new AbortController();
      const tooLate = pause(STOP_WITHIN_MS, 'too late' as const, { signal: late.signal }).catch(() => null);
      const code = await Promise.race([ended, tooLate]);
      late.abort();
      if (code !== 'too late') return code;
      child.kill('SIGKILL');
      throw new Error(`The ${role} did not end after ${signal}:\n${output()}`);
    },
  };
  const deadline = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const health = await fetch(`${service.url}/healthz`).catch(() => undefined);
    if (health?.ok) return service;
    await pause(50);
  }
  await service.end('SIGKILL');
  throw new Error(`The ${role} did not start:\n${output()}`);
}

/** Runs a `boon` command to its end. @throws Error with what it printed when it fails */
export async function runBoon(args: readonly string[], env: Record<string, string>): Promise<string> {
  const { child, output } = run([...npmScript('boon'), ...args], env);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`boon ${args.join(' ')} ended with ${code}:\n${output()}`);
  return output();
}

function npmScript(name: string): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const args = /(?:^|\bexec )node (.+)$/.exec(scripts[name])?.[1]?.split(' ');
  if (args === undefined) throw new Error(`npm run ${name} does not start node`);
  return args;
}

function run(nodeArgs: readonly string[], env: Record<string, string>) {
  const { command, args } = endingWithUs(process.execPath, nodeArgs, 'SIGKILL');
  const { PATH = '', HOME = '', TMPDIR = '', NODE_COMPILE_CACHE = '' } = process.env;
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      printed = (printed + String(chunk)).slice(-OUTPUT_LIMIT);
    });
  }
  return { child, output: () => printed };
}
