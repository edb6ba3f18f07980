import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for what is fetched or built once a machine: the Temporal servers.
 *
 * `BOON_CACHE_DIR`, else `$XDG_CACHE_HOME/boon`, else `~/.cache/boon`. The folder need not exist yet.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.BOON_CACHE_DIR || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'boon');
}
