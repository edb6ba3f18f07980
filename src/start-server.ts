/** Composition root of the HTTP server, for a process of its own and for one that runs more. */
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { type Config, requireDatabase } from './config.ts';
import type { VersionedPolicy } from './domain/policy.ts';
import { buildServer } from './http/build-server.ts';
import { bootstrapApiKey } from './http/callers/bootstrap-key.ts';
import { createTokenVerifier } from './http/callers/token-verifier.ts';
import { closeServer } from './http/close-server.ts';
import { createStartQueue } from './http/route/start-queue.ts';
import { createApiKeys } from './ledger/accounts/api-keys.ts';
import { openDatabase } from './ledger/postgres/database.ts';
import { migrate } from './ledger/postgres/migrate.ts';
import { createPostgresLedger } from './ledger/postgres-ledger.ts';
import { watchBusyness } from './observability/busy.ts';
import { createMetrics } from './observability/metrics.ts';
import { configuredPayments } from './payments/configured-payments.ts';
import { prepare } from './prepare-ledger.ts';
import { createCampaignProcess } from './temporal/campaigns/campaign-process.ts';
import { temporalClient, temporalTarget } from './temporal/connection.ts';
import { createGiftProcess } from './temporal/gifts/gift-process.ts';
import { createPayloadCodec, payloadKeys } from './temporal/payload-codec.ts';
import { createPurchaseProcess } from './temporal/purchases/purchase-process.ts';
import { createRefundProcess } from './temporal/purchases/refund-process.ts';
import { createReferralProcess } from './temporal/referrals/referral-process.ts';

/** API keys are looked up seldom: each is remembered for seconds. */
const KEY_CONNECTIONS = 2;

export type ServerOptions = {
  config: Config;
  policy: VersionedPolicy;
  /** Temporal's own settings are read from it. */
  env: NodeJS.ProcessEnv;
  clock: () => Date;
  logger: Logger;
  /** Lets the local start's own Web UI decode without a credential. */
  codecTicket?: string;
};

export type RunningServer = {
  /** Where it listens, as a URL without a trailing slash. */
  url: string;
  /** The operator key when it was made at this start; it is shown nowhere else. */
  madeApiKey: string | undefined;
  /** Says on /readyz that it is about to stop, and keeps serving. */
  drain(): void;
  /** Takes no new requests, finishes the running ones and ends every connection. */
  close(): Promise<void>;
};

/**
 * Brings the schema up to date and starts to listen. Temporal may be down: gifts are still accepted.
 * @throws ConfigError without a database or a key to encrypt with; MigrationError; the system's error when the
 * port cannot be had.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { config, policy, clock, logger } = options;
  const { url, encryptionKey } = requireDatabase(config);
  await migrate(url);

  const metrics = createMetrics({ processMetrics: true });
  const ledger = createPostgresLedger({
    url,
    encryptionKey,
    connections: config.databasePool,
    onAcceptBatch: (size) => metrics.giftBatch.observe(size),
  });
  const keyDatabase = openDatabase(url, { connections: KEY_CONNECTIONS });
  const payloads = createPayloadCodec({
    encryption: config.payloads.encryption,
    keys: payloadKeys(encryptionKey, config.payloads.keys),
  });
  const client = temporalClient(temporalTarget(options.env, config.temporalAddress), payloads);
  const starts = createStartQueue({ ...config.starts, metrics, logger, isBusy: watchBusyness() });
  const draining = new AbortController();
  const closeParts = async () => {
    await Promise.allSettled([ledger.close(), keyDatabase.end(), client.connection.close()]);
  };
  try {
    const now = clock().toISOString();
    await prepare(ledger, policy, now);
    const apiKeys = createApiKeys(keyDatabase);
    const madeApiKey = await bootstrapApiKey(apiKeys, config.apiKey, now);
    const app = await buildServer({
      ledger,
      starts,
      giftProcess: createGiftProcess({ client, ledger, taskQueue: config.taskQueue, clock }),
      giftProcesses: config.gifts.processes,
      campaignProcess: createCampaignProcess({ client, taskQueue: config.taskQueue }),
      referralProcess: createReferralProcess({
        client,
        taskQueue: config.taskQueue,
        onMissed: (error, workflow_id) =>
          logger.warn({ workflow_id, err: error }, 'could not signal the workflow; reconcile will catch up'),
      }),
      refundProcess: createRefundProcess({
        client,
        taskQueue: config.taskQueue,
        onMissed: (error, workflow_id) =>
          logger.warn({ workflow_id, err: error }, 'could not signal the workflow; it asks again by itself'),
      }),
      purchaseProcess: createPurchaseProcess({
        client,
        taskQueue: config.taskQueue,
        onMissed: (error, workflow_id) =>
          logger.warn({ workflow_id, err: error }, 'could not signal the workflow; it asks at its deadline'),
      }),
      ...(await configuredPayments(config, encryptionKey)),
      codec: {
        payloads,
        uiOrigins: config.payloads.uiOrigins,
        ...(options.codecTicket === undefined ? {} : { ticket: options.codecTicket }),
      },
      apiKeys,
      tokens: createTokenVerifier(config.jwt),
      clock,
      logger,
      metrics,
      policy: () => policy,
      ...servedAs(config),
      draining: draining.signal,
    });
    await app.listen({ port: config.port, host: config.host });
    const close = async () => {
      await closeServer(app, starts);
      await closeParts();
    };
    return {
      url: listeningUrl(config.host, portOf(app.server.address(), config.port)),
      madeApiKey,
      drain: () => draining.abort(),
      close,
    };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

/** The port that was really taken: another than the configured one when that is 0. */
function portOf(address: string | AddressInfo | null, configured: number): number {
  return typeof address === 'object' && address !== null ? address.port : configured;
}

function listeningUrl(host: string, port: number): string {
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** The settings that the HTTP server takes as they are. */
function servedAs({ publicUrl, rateLimit, trustedProxies, corsOrigins, demoModel }: Config) {
  return { publicUrl, rateLimit, trustedProxies, corsOrigins, demoModel };
}
