import { join } from 'node:path';
import type { Config } from '../config.ts';
import { SEARCH_ATTRIBUTES } from '../contracts/temporal.ts';
import { temporalTarget } from '../temporal/connection.ts';
import { ensureDatabase, startPostgres } from './postgres.ts';
import type { Progress } from './progress.ts';
import { assertTemporalAnswers } from './reachable.ts';
import type { RunningParts } from './running-parts.ts';
import { startTemporalDevServer } from './temporal.ts';
import { findTemporalCli } from './temporal-binary.ts';

/** What the servers of a start need to know. */
export interface ServersOptions {
  readonly config: Config;
  /** Absolute. */
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** Where the Web UI of a Temporal server that is started has payloads decoded. */
  readonly codecEndpoint: string;
}

/** Where the servers are. */
export interface Servers {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string | undefined;
}

/**
 * Starts PostgreSQL and Temporal, unless the configuration names others. Such a Temporal is asked before anything
 * starts; the checks of the start have asked such a database.
 *
 * @throws LocalSetupError and TemporalUnreachable
 */
export async function startServers(options: ServersOptions, parts: RunningParts): Promise<Servers> {
  const { databaseUrl, temporalAddress } = options.config;
  if (temporalAddress !== undefined) {
    await assertTemporalAnswers(temporalTarget(options.env, temporalAddress));
  }
  // Side by side, for each waits for its own disk and processes.
  const [database, temporal] = await allOrFirstFailure([
    databaseUrl ?? startDatabase(options, parts),
    temporalAddress === undefined ? startTemporal(options, parts) : { temporalAddress, uiUrl: undefined },
  ]);
  return { databaseUrl: database, ...temporal };
}

/** Waits for every step, so that nothing is still starting when a failure has everything stopped. */
export async function allOrFirstFailure<T extends readonly unknown[]>(
  steps: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(steps);
  return await Promise.all(steps);
}

async function startDatabase({ dataDir, progress }: ServersOptions, parts: RunningParts): Promise<string> {
  progress('Starting PostgreSQL');
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres') });
  await parts.add(
    postgres,
    postgres.ended.then((how) => `PostgreSQL has ended (${how})`),
  );
  return await ensureDatabase(postgres.url, 'boon');
}

async function startTemporal(
  { config: { temporalPorts }, dataDir, progress, codecEndpoint }: ServersOptions,
  parts: RunningParts,
): Promise<Pick<Servers, 'temporalAddress' | 'uiUrl'>> {
  const cli = await findTemporalCli(progress);
  progress('Starting Temporal');
  const temporal = await startTemporalDevServer({
    cli,
    dbFile: join(dataDir, 'temporal', 'temporal.db'),
    ...(temporalPorts.grpc === 0 ? {} : { port: temporalPorts.grpc }),
    ...(temporalPorts.ui === 0 ? {} : { uiPort: temporalPorts.ui }),
    searchAttributes: SEARCH_ATTRIBUTES,
    codecEndpoint,
  });
  await parts.add(
    temporal,
    temporal.ended.then((how) => `Temporal has ended (${how})`),
  );
  return { temporalAddress: temporal.address, uiUrl: temporal.uiUrl };
}
