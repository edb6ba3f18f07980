/** The only reader of the environment: turns variables into a typed configuration, or says what is wrong. */
import type { z } from 'zod';
import { faultWords } from './contracts/fault-words.ts';
import type { GiftProcesses } from './domain/gift-processes.ts';
import { SettingsSchema } from './settings.ts';

export { readPolicy } from './policy-file.ts';
export { settings } from './settings.ts';

type Settings = z.output<typeof SettingsSchema>;

export type Config = {
  port: number;
  host: string;
  /** Unset: the embedded server. */
  databaseUrl: string | undefined;
  databasePool: number;
  /** How long a server that is to stop still serves. */
  drainSeconds: number;
  /** Unset: the local server. */
  temporalAddress: string | undefined;
  /** Ports of the local Temporal server; 0: a free one. */
  temporalPorts: { grpc: number; ui: number };
  taskQueue: string;
  /** Which gifts have workflows of their own, and in how many parts the others are settled side by side. */
  gifts: { processes: GiftProcesses; settlementParts: number };
  /** Processes that may wait to be started behind the answers, and how many are started at once. */
  starts: { size: number; concurrency: number };
  /** Worker versioning; unset: unversioned. */
  deployment: { name: string; buildId: string } | undefined;
  dataDir: string;
  /** 32 bytes. Set whenever `databaseUrl` is. */
  encryptionKey: Buffer | undefined;
  payloads: {
    encryption: Settings['BOON_TEMPORAL_ENCRYPTION'];
    /** Besides the key that is derived from `encryptionKey`. */
    keys: readonly Buffer[];
    /** Where Temporal's Web UI is served from. */
    uiOrigins: readonly string[];
  };
  /** Origins of pages that may call the API from a browser. */
  corsOrigins: readonly string[];
  apiKey: string | undefined;
  jwt: {
    jwksUrl: string | undefined;
    issuer: string | undefined;
    audience: string | undefined;
    accountClaim: string;
    trustUnsigned: boolean;
    operatorClaim: { name: string; value: string } | undefined;
  };
  policyFile: string | undefined;
  story: Settings['BOON_STORY'];
  smtpUrl: string | undefined;
  mailFrom: string;
  /** Unset: nothing can be bought, but for the demonstration. */
  stripe: { apiKey: string; webhookSecret: string; apiBase: string | undefined } | undefined;
  /** Whether packages are sold without money moving; unset: off, but for a local start. */
  demoPayments: boolean | undefined;
  /** The operator's own page for adding credits, with `{account}`; unset: Boon's. */
  addCreditsUrl: string | undefined;
  /** Where commands find the HTTP server; unset: the local one. */
  url: string | undefined;
  publicUrl: string;
  logLevel: Settings['BOON_LOG_LEVEL'];
  /** Requests a minute; 0: no limit. */
  rateLimit: { service: number; user: number; wrongKeys: number };
  /** Addresses or networks of the proxies in front of the server. */
  trustedProxies: readonly string[];
  metricsPort: number | undefined;
  /** Names of dangerous settings with which Boon starts all the same; see `risks.ts`. */
  acceptRisks: readonly NonNullable<Settings['BOON_ACCEPT_RISKS']>[number][];
  demoModel: boolean;
};

/** The environment cannot be used; the message lists each fault by its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The settings cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

/**
 * Reads the configuration. An empty variable counts as unset.
 * @throws ConfigError with every fault at once.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = SettingsSchema.safeParse(given, { error: faultWords, reportInput: true });
  const faults = [
    ...(parsed.error?.issues ?? []).map((issue) => `${issue.path.join('.')} ${issue.message}.`),
    ...contradictions(given),
  ];
  if (faults.length > 0 || !parsed.success) throw new ConfigError(faults);
  return toConfig(parsed.data);
}

/** The database of a service by itself, and the key to it. @throws ConfigError without them */
export function requireDatabase(config: Config): { url: string; encryptionKey: Buffer } {
  const { databaseUrl: url, encryptionKey } = config;
  if (url === undefined || encryptionKey === undefined) {
    throw new ConfigError([
      'DATABASE_URL and BOON_ENCRYPTION_KEY must be set to run a service by itself; `npm start` brings its own database.',
    ]);
  }
  return { url, encryptionKey };
}

function contradictions(given: Record<string, string | undefined>): string[] {
  const faults: string[] = [];
  if (given.DATABASE_URL !== undefined && given.BOON_ENCRYPTION_KEY === undefined)
    faults.push(
      'BOON_ENCRYPTION_KEY must be set together with DATABASE_URL; make one with: openssl rand -base64 32.',
    );
  if ((given.BOON_WORKER_DEPLOYMENT === undefined) !== (given.BOON_BUILD_ID === undefined))
    faults.push('BOON_WORKER_DEPLOYMENT and BOON_BUILD_ID must be set both or neither.');
  if ((given.STRIPE_API_KEY === undefined) !== (given.STRIPE_WEBHOOK_SECRET === undefined))
    faults.push('STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET must be set both or neither.');
  if (given.BOON_DEMO_PAYMENTS === 'true' && given.STRIPE_API_KEY !== undefined)
    faults.push('BOON_DEMO_PAYMENTS must not be true when STRIPE_API_KEY is set.');
  if (given.BOON_TRUST_UNSIGNED_TOKENS === 'true' && given.BOON_JWKS_URL !== undefined)
    faults.push('BOON_TRUST_UNSIGNED_TOKENS must not be true when BOON_JWKS_URL is set.');
  return faults;
}

function toConfig(set: Settings): Config {
  return {
    port: set.PORT,
    host: set.HOST,
    databaseUrl: set.DATABASE_URL,
    databasePool: set.BOON_DATABASE_POOL,
    drainSeconds: set.BOON_DRAIN_SECONDS,
    temporalAddress: set.TEMPORAL_ADDRESS,
    temporalPorts: { grpc: set.BOON_TEMPORAL_PORT, ui: set.BOON_TEMPORAL_UI_PORT },
    taskQueue: set.BOON_TASK_QUEUE,
    gifts: { processes: set.BOON_GIFT_PROCESSES, settlementParts: set.BOON_SETTLEMENT_PARTS },
    starts: { size: set.BOON_START_QUEUE, concurrency: set.BOON_START_CONCURRENCY },
    deployment:
      set.BOON_WORKER_DEPLOYMENT !== undefined && set.BOON_BUILD_ID !== undefined
        ? { name: set.BOON_WORKER_DEPLOYMENT, buildId: set.BOON_BUILD_ID }
        : undefined,
    dataDir: set.BOON_DATA_DIR,
    encryptionKey: set.BOON_ENCRYPTION_KEY,
    payloads: {
      encryption: set.BOON_TEMPORAL_ENCRYPTION,
      keys: set.BOON_PAYLOAD_KEYS ?? [],
      uiOrigins: set.BOON_TEMPORAL_UI_ORIGINS ?? [],
    },
    corsOrigins: set.BOON_CORS_ORIGINS ?? [],
    apiKey: set.BOON_API_KEY,
    jwt: {
      jwksUrl: set.BOON_JWKS_URL,
      issuer: set.BOON_JWT_ISSUER,
      audience: set.BOON_JWT_AUDIENCE,
      accountClaim: set.BOON_JWT_ACCOUNT_CLAIM,
      trustUnsigned: set.BOON_TRUST_UNSIGNED_TOKENS,
      operatorClaim: set.BOON_OPERATOR_CLAIM,
    },
    policyFile: set.BOON_POLICY,
    story: set.BOON_STORY,
    smtpUrl: set.BOON_SMTP_URL,
    mailFrom: set.BOON_MAIL_FROM,
    stripe:
      set.STRIPE_API_KEY !== undefined && set.STRIPE_WEBHOOK_SECRET !== undefined
        ? {
            apiKey: set.STRIPE_API_KEY,
            webhookSecret: set.STRIPE_WEBHOOK_SECRET,
            apiBase: set.STRIPE_API_BASE,
          }
        : undefined,
    demoPayments: set.BOON_DEMO_PAYMENTS,
    addCreditsUrl: set.BOON_ADD_CREDITS_URL,
    url: set.BOON_URL,
    publicUrl: set.BOON_PUBLIC_URL ?? `http://localhost:${set.PORT}`,
    logLevel: set.BOON_LOG_LEVEL,
    rateLimit: {
      service: set.BOON_RATE_LIMIT,
      user: set.BOON_USER_RATE_LIMIT,
      wrongKeys: set.BOON_WRONG_KEY_LIMIT,
    },
    trustedProxies: set.BOON_TRUSTED_PROXIES ?? [],
    metricsPort: set.BOON_METRICS_PORT,
    acceptRisks: set.BOON_ACCEPT_RISKS ?? [],
    demoModel: set.BOON_DEMO_MODEL,
  };
}
