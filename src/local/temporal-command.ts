/** `npm run temporal -- …`: the Temporal CLI that Boon found or fetched, on the local start that runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { readConfig } from '../config.ts';
import { readSecret } from './kept-secret.ts';
import { apiKeyFile } from './own-keys.ts';
import { runningStack } from './running-stack.ts';
import { findTemporalCli } from './temporal-binary.ts';

/**
 * Where the CLI finds the server, and the endpoint that decodes what people wrote. Settings that are given stay; with
 * a TEMPORAL_ADDRESS of the caller's own nothing is added, so that no key leaves for another server.
 */
async function temporalSettings(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const config = readConfig(env);
  const dataDir = resolve(config.dataDir);
  const running = config.temporalAddress === undefined ? await runningStack(dataDir) : undefined;
  if (running === undefined) return {};
  const apiKey = config.apiKey ?? (await readSecret(apiKeyFile(dataDir)));
  return {
    TEMPORAL_ADDRESS: running.temporalAddress,
    ...(apiKey === undefined
      ? {}
      : { TEMPORAL_CODEC_ENDPOINT: `${running.url}/codec`, TEMPORAL_CODEC_AUTH: `Bearer ${apiKey}` }),
  };
}

/** Runs it in this terminal. @returns the exit code */
async function runTemporal(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const cli = await findTemporalCli((line) => process.stderr.write(`${line}\n`));
  const child = spawn(cli, args, { stdio: 'inherit', env: { ...(await temporalSettings(env)), ...env } });
  // Ctrl-C reaches both: the CLI decides what it means.
  process.on('SIGINT', () => {});
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

if (import.meta.main) {
  try {
    process.exitCode = await runTemporal(process.argv.slice(2), process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
