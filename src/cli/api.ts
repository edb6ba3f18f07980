/** The way from a command to the HTTP API. */
import { resolve } from 'node:path';
import type { BoonClient } from '../client/boon-client.ts';
import { readSecret } from '../local/kept-secret.ts';
import { apiKeyFile } from '../local/own-keys.ts';
import { runningStack } from '../local/running-stack.ts';
import { LocalSetupError } from '../local/setup-error.ts';

/**
 * A client of the API that `BOON_URL` names, with `BOON_API_KEY`; without them of the local start on the data folder,
 * with the key that it keeps there. That key is never sent to a server that was named.
 *
 * @throws LocalSetupError when there is neither
 */
export async function apiClient(env: NodeJS.ProcessEnv): Promise<BoonClient> {
  // Help needs neither.
  const [{ readConfig }, { BoonClient }] = await Promise.all([
    import('../config.ts'),
    import('../client/boon-client.ts'),
  ]);
  const config = readConfig(env);
  const dataDir = resolve(config.dataDir);
  const local = config.url === undefined ? await runningStack(dataDir) : undefined;
  const baseUrl = config.url ?? local?.url;
  if (baseUrl === undefined) {
    throw new LocalSetupError(
      `No Boon runs on ${config.dataDir}: start one with \`npm start\`, or set BOON_URL and BOON_API_KEY to reach another`,
    );
  }
  const apiKey = config.apiKey ?? (local === undefined ? undefined : await readSecret(apiKeyFile(dataDir)));
  if (apiKey === undefined) {
    throw new LocalSetupError(`BOON_API_KEY is not set: set it to an API key for ${baseUrl}`);
  }
  return new BoonClient({ baseUrl, apiKey });
}
