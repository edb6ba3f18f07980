import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import { readSecret } from './kept-secret.ts';
import { localLogger } from './local-logger.ts';
import { apiKeyFile, ownEncryptionKey } from './own-keys.ts';
import { runningStack } from './running-stack.ts';
import { completeConfig, ownMailFolder, temporalEnv } from './stack.ts';
import { keepCast } from './story/kept-cast.ts';
import { playOnStack } from './story/on-stack.ts';

/** How the story is played once more. */
export interface PlayAgainOptions {
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly print: (line: string) => void;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Plays the story on the local start that runs on the data folder, in another terminal say.
 *
 * @returns false if none runs, or its operator key is not known here
 */
export async function playOnRunningStart(options: PlayAgainOptions): Promise<boolean> {
  const { env, print, signal } = options;
  const dataDir = resolve(options.config.dataDir);
  const running = await runningStack(dataDir);
  const apiKey = options.config.apiKey ?? (await readSecret(apiKeyFile(dataDir)));
  if (running === undefined || apiKey === undefined) return false;
  const { url, uiUrl, databaseUrl, temporalAddress } = running;
  const encryptionKey = options.config.encryptionKey ?? (await ownEncryptionKey(dataDir));
  const port = Number(new URL(url).port);
  const config = await completeConfig(options.config, dataDir, {
    port,
    encryptionKey,
    databaseUrl,
    temporalAddress,
    uiUrl,
  });
  const logger = await localLogger(config.logLevel, join(dataDir, 'story.log'), print);
  const mailFolder = ownMailFolder(config, dataDir);
  const stack = { config, env: temporalEnv(options.config, env, dataDir), uiUrl, mailFolder, apiKey };
  try {
    await keepCast(dataDir, await playOnStack({ ...stack, logger, print, signal }));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return true;
}
