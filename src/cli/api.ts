/** The way from a command to the HTTP API. */
import { resolve } from 'node:path';
import type { BoonClient } from '../client/boon-client.ts';
import type { Config } from '../config.ts';
import { readSecret } from '../local/kept-secret.ts';
import { apiKeyFile } from '../local/own-keys.ts';
import { runningStack } from '../local/running-stack.ts';
import { LocalSetupError } from '../local/setup-error.ts';
import { Unreachable } from './failure.ts';

const PATIENCE_MS = 10_000;

/**
 * A client of the API that `BOON_URL` names, with `BOON_API_KEY`; without them of the local start on the data folder,
 * with the key that it keeps there. That key is never sent to a server that was named.
 *
 * @throws Unreachable where there is no such Boon; LocalSetupError without a key
 */
export async function apiClient(env: NodeJS.ProcessEnv): Promise<BoonClient> {
  // Help needs none of it.
  const { BoonClient } = await import('../client/boon-client.ts');
  const { url, config, isLocal } = await server(env);
  const apiKey =
    config.apiKey ?? (isLocal ? await readSecret(apiKeyFile(resolve(config.dataDir))) : undefined);
  if (apiKey === undefined) {
    throw new LocalSetupError(`BOON_API_KEY is not set: set it to an API key of the Boon at ${url}`);
  }
  return new BoonClient({ baseUrl: url, apiKey, fetch: fetchFrom(url) });
}

/** What a public path of the same server answers, whatever its status. @throws Unreachable */
export async function publicText(env: NodeJS.ProcessEnv, path: string): Promise<string> {
  const { url } = await server(env);
  try {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await response.text();
    // Any answer of Boon's names its request.
    if (!response.headers.has('x-request-id')) throw notBoon(url, response);
    return text;
  } catch (error) {
    if (error instanceof Unreachable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Unreachable(
      `No answer from ${url} (${why}): start Boon with \`npm start\`, or set BOON_URL to where it runs.`,
    );
  }
}

async function server(env: NodeJS.ProcessEnv): Promise<{ url: string; config: Config; isLocal: boolean }> {
  const { readConfig } = await import('../config.ts');
  const config = readConfig(env);
  if (config.url !== undefined) return { url: config.url.replace(/\/+$/, ''), config, isLocal: false };
  const local = await runningStack(resolve(config.dataDir));
  if (local !== undefined) return { url: local.url, config, isLocal: true };
  throw new Unreachable(
    `No Boon runs on ${config.dataDir}: start one with \`npm start\`, or set BOON_URL and BOON_API_KEY to reach another.`,
  );
}

/** `fetch` that takes answers of Boon alone: a page of something else is no answer. */
function fetchFrom(url: string): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    const type = response.headers.get('content-type') ?? '';
    const wanted = response.ok ? 'application/json' : 'application/problem+json';
    if (response.status === 204 || type.startsWith(wanted)) return response;
    throw notBoon(url, response);
  };
}

function notBoon(url: string, { status, headers }: Response): Unreachable {
  const what = headers.get('content-type')?.split(';', 1)[0] ?? 'no content';
  return new Unreachable(
    `Something else than Boon answers at ${url} (${status}, ${what}): set BOON_URL to where Boon’s HTTP server is.`,
  );
}
