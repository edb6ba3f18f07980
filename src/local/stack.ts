import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { VersionedPolicy } from '../domain/policy.ts';
import { newApiKey } from '../http/callers/api-key-secret.ts';
import { type RunningServer, startServer } from '../start-server.ts';
import { startWorker } from '../start-worker.ts';
import { workflowBundle } from '../temporal/workflow-bundle.ts';
import { cacheFolder } from './cache-folder.ts';
import { keepSecret, keptSecret, readSecret } from './kept-secret.ts';
import { makeFolder } from './machine.ts';
import { mailFolder } from './mail-folder.ts';
import { apiKeyFile, ownEncryptionKey } from './own-keys.ts';
import { freePort, LOOPBACK } from './ports.ts';
import type { Progress } from './progress.ts';
import type { RunningParts } from './running-parts.ts';
import { recordStack, type StackAddresses } from './running-stack.ts';
import { allOrFirstFailure, startServers } from './stack-servers.ts';

/** What to start, and with which settings. */
export interface StackOptions {
  readonly config: Config;
  readonly policy: VersionedPolicy;
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  readonly progress: Progress;
}

/** All of Boon, running in this process and in servers that are its children. */
export interface LocalStack extends StackAddresses {
  /** The configuration with what was chosen for it: addresses, ports, keys. */
  readonly config: Config;
  /** The environment that Temporal's settings are read from. */
  readonly env: NodeJS.ProcessEnv;
  /** The operator key, where it is known. */
  readonly apiKey: ApiKeyAtHand | undefined;
  /** Where mails are written to as files; undefined when they go to a mail server. */
  readonly mailFolder: string | undefined;
}

/** An operator key, and the file it is kept in unless it was configured. */
export interface ApiKeyAtHand {
  readonly secret: string;
  readonly file: string | undefined;
  /** Whether it was made by this start, so that nobody has seen it yet. */
  readonly isNew: boolean;
}

/**
 * Starts everything on this machine: PostgreSQL and Temporal, unless the configuration names others, the worker and
 * the HTTP server. Each is added to `parts`, which stops them.
 *
 * @throws LocalSetupError and the like, with one sentence on what to do; `parts` may hold what started before
 */
export async function startStack(options: StackOptions, parts: RunningParts): Promise<LocalStack> {
  const { progress, logger, policy } = options;
  const dataDir = resolve(options.config.dataDir);
  await makeFolder(dataDir, 'BOON_DATA_DIR');
  const port = options.config.port === 0 ? await freePort() : options.config.port;
  const encryptionKey = options.config.encryptionKey ?? (await ownEncryptionKey(dataDir));
  const codecTicket = randomBytes(24).toString('base64url');
  const codecEndpoint = `http://${LOOPBACK}:${port}/codec/${codecTicket}`;
  const [servers] = await allOrFirstFailure([
    startServers({ ...options, dataDir, codecEndpoint }, parts),
    // The worker will need it; at the very first start it takes seconds to make.
    workflowBundle(cacheFolder(options.env)),
  ]);
  const hadKey = (await readSecret(apiKeyFile(dataDir))) !== undefined;
  const config = await completeConfig(options.config, dataDir, { port, encryptionKey, ...servers });
  const env = temporalEnv(options.config, options.env, dataDir);
  const mails = ownMailFolder(config, dataDir);
  const common = { config, policy, env, clock: () => new Date(), logger };

  progress('Starting the worker');
  const mail = mails === undefined ? {} : { mailTransport: mailFolder(mails) };
  const worker = await startWorker({ ...common, ...mail });
  const workerEnded = worker.ended.then(
    () => 'The worker has ended',
    (error) => `The worker has died (${error instanceof Error ? error.message : error})`,
  );
  await parts.add({ stop: () => worker.close() }, workerEnded);

  progress('Starting the HTTP server');
  const server = await startServer({ ...common, codecTicket });
  await parts.add({ stop: () => server.close() });
  const addresses = { ...servers, url: server.url };
  await parts.add({ stop: await recordStack(dataDir, addresses) });
  return {
    ...addresses,
    config,
    env,
    apiKey: await knownKey(config, server, apiKeyFile(dataDir), hadKey),
    mailFolder: mails,
  };
}

type Chosen = {
  port: number;
  encryptionKey: Buffer;
  databaseUrl: string;
  temporalAddress: string;
  uiUrl: string | undefined;
};

/** The configuration of a stack: what was given, with what was chosen or made for it. */
export async function completeConfig(
  given: Config,
  dataDir: string,
  { uiUrl, ...chosen }: Chosen,
): Promise<Config> {
  const ownDatabase = given.databaseUrl === undefined;
  return {
    ...given,
    ...chosen,
    payloads: { ...given.payloads, uiOrigins: [...given.payloads.uiOrigins, ...originsOf(uiUrl)] },
    publicUrl: given.port === 0 ? given.publicUrl.replace(/:0$/, `:${chosen.port}`) : given.publicUrl,
    // On a database of the operator's own nothing is given away that nobody asked for.
    demoPayments: given.demoPayments ?? (ownDatabase && given.stripe === undefined),
    // On a database of the operator's own the server makes a key only where there is none yet.
    apiKey: given.apiKey ?? (ownDatabase ? await keptSecret(apiKeyFile(dataDir), newApiKey) : undefined),
  };
}

/** The Web UI's page, by each name that this machine has for itself. */
function originsOf(uiUrl: string | undefined): string[] {
  return uiUrl === undefined ? [] : [uiUrl, uiUrl.replace(LOOPBACK, 'localhost')];
}

/** Where mails are written to as files: in the data folder, unless a mail server is configured. */
export function ownMailFolder({ smtpUrl }: Config, dataDir: string): string | undefined {
  return smtpUrl === undefined ? join(dataDir, 'mail') : undefined;
}

/** TEMPORAL_ settings and profiles are for another server than one that a local start brings. */
export function temporalEnv(given: Config, env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  if (given.temporalAddress !== undefined) return env;
  const others = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(others), TEMPORAL_CONFIG_FILE: join(dataDir, 'no-profiles.toml') };
}

async function knownKey(
  config: Config,
  server: RunningServer,
  file: string,
  hadKey: boolean,
): Promise<ApiKeyAtHand | undefined> {
  if (server.madeApiKey !== undefined) await keepSecret(file, server.madeApiKey);
  const kept = await readSecret(file);
  const isNew = kept !== undefined && !hadKey;
  if (config.apiKey !== undefined) {
    return kept === config.apiKey
      ? { secret: kept, file, isNew }
      : { secret: config.apiKey, file: undefined, isNew: false };
  }
  return kept === undefined ? undefined : { secret: kept, file, isNew };
}
