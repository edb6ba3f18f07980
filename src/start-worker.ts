/** Composition root of the worker, for a process of its own and for one that runs more. */
import { readFileSync } from 'node:fs';
import type { Worker } from '@temporalio/worker';
import type { Transporter } from 'nodemailer';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { type Config, requireDatabase } from './config.ts';
import type { VersionedPolicy } from './domain/policy.ts';
import { migrate } from './ledger/postgres/migrate.ts';
import { createPostgresLedger } from './ledger/postgres-ledger.ts';
import { cacheFolder } from './local/cache-folder.ts';
import { mailServer } from './mail-server.ts';
import { startHealthServer } from './observability/health-server.ts';
import { createMetrics, watchParts } from './observability/metrics.ts';
import { checkParts, isDegraded } from './observability/readiness.ts';
import { configuredPayments } from './payments/configured-payments.ts';
import { prepare } from './prepare-ledger.ts';
import { createBoonWorker } from './temporal/boon-worker.ts';
import { createCampaignProcess } from './temporal/campaigns/campaign-process.ts';
import { keepComplimentaryResets } from './temporal/campaigns/complimentary-resets.ts';
import { temporalClient, temporalTarget } from './temporal/connection.ts';
import { countWorkers } from './temporal/count-workers.ts';
import { pingTemporal } from './temporal/gifts/gift-process.ts';
import { createPayloadCodec, payloadKeys } from './temporal/payload-codec.ts';
import { keepSchedules } from './temporal/schedules.ts';
import { registerSearchAttributes } from './temporal/search-attributes.ts';
import { watchVersion } from './temporal/watch-version.ts';
import { connectWorker, connectWorkerPatiently } from './temporal/worker-connection.ts';
import { workflowBundle } from './temporal/workflow-bundle.ts';

/** Sends mails until it is closed. */
export type MailTransport = Pick<Transporter, 'sendMail' | 'close'>;

/** How long a start waits for Temporal to take the campaign of complimentary resets, in milliseconds. */
const CAMPAIGN_PATIENCE = 30_000;

export type WorkerProcessOptions = {
  config: Config;
  policy: VersionedPolicy;
  /** Temporal's own settings are read from it. */
  env: NodeJS.ProcessEnv;
  clock: () => Date;
  logger: Logger;
  /** What mails are sent by; left out: the mail server of the configuration. */
  mailTransport?: MailTransport;
  /** Retries at growing intervals if Temporal does not answer; otherwise the start fails. */
  waitForTemporal?: boolean;
  /** Where the SDK's runtime serves its metrics, as `host:port`; they are shown with ours. */
  sdkMetrics?: string;
};

export type RunningWorker = {
  worker: Worker;
  /** Port of `/metrics`, `/healthz` and `/readyz`, when there is one. */
  healthPort: number | undefined;
  /** Rejects when the worker dies; resolves when it has drained. */
  ended: Promise<void>;
  /** Takes no new tasks, finishes the running ones and ends every connection. */
  close(): Promise<void>;
};

/**
 * Brings the schema, the search attributes and the schedules up to date and starts to work.
 * @throws ConfigError without a database or a key to encrypt with; TemporalUnreachable; SearchAttributesMissing.
 */
export async function startWorker(options: WorkerProcessOptions): Promise<RunningWorker> {
  const { config, policy, clock, logger } = options;
  const { url, encryptionKey } = requireDatabase(config);
  const closers: (() => Promise<unknown>)[] = [];
  const closeParts = async () => {
    for (const close of closers.toReversed()) await close().catch((error) => logger.warn({ err: error }));
  };
  try {
    await migrate(url);
    const ledger = createPostgresLedger({ url, encryptionKey, connections: config.databasePool });
    closers.push(() => ledger.close());
    await prepare(ledger, policy, clock().toISOString());

    const target = temporalTarget(options.env, config.temporalAddress);
    const connection = await (options.waitForTemporal === true
      ? connectWorkerPatiently(target, (error, pause) =>
          logger.warn(
            { retry_in_ms: pause },
            error instanceof Error ? error.message : 'Temporal does not answer',
          ),
        )
      : connectWorker(target));
    closers.push(() => connection.close());
    const codec = createPayloadCodec({
      encryption: config.payloads.encryption,
      keys: payloadKeys(encryptionKey, config.payloads.keys),
    });
    const client = temporalClient(target, codec);
    closers.push(() => client.connection.close());
    await registerSearchAttributes(client);

    const transport = options.mailTransport ?? mailTransport(config);
    closers.push(async () => transport?.close());
    const worker = await createBoonWorker({
      connection,
      client,
      taskQueue: config.taskQueue,
      ledger,
      giftProcesses: config.gifts.processes,
      mail: { transport, from: config.mailFrom, publicUrl: config.publicUrl },
      payments: (await configuredPayments(config, encryptionKey)).payments,
      bundle: await workflowBundle(cacheFolder(options.env)),
      clock,
      codec,
      deployment: config.deployment,
      buildId: `boon-${version()}`,
    });
    const ended = worker.run();
    closers.push(async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    });
    const { deployment } = config;
    if (deployment !== undefined) {
      const watch = watchVersion(client, config.taskQueue, (commands) => {
        const fix = `Run: ${commands.join(' or ')}`;
        logger.warn(
          { ...deployment, fix },
          'no worker has the current version: Temporal gives them no new work',
        );
      });
      closers.push(watch.close);
    }
    await keepSchedules(client, config.taskQueue, config.gifts);
    const campaigns = createCampaignProcess({
      client,
      taskQueue: config.taskQueue,
      patience: CAMPAIGN_PATIENCE,
    });
    // A cluster may take a moment to know new search attributes; a start must not fail by it.
    await keepComplimentaryResets(ledger, campaigns, clock().toISOString(), (error) =>
      logger.warn({ err: error }, 'the complimentary resets wait for reconcile to start their campaign'),
    );

    const temporal = {
      ping: () => pingTemporal(client),
      workers: () => countWorkers(client, config.taskQueue),
    };
    const watched = (registry: Registry) => watchParts(registry, ledger, temporal);
    const health = await startHealth(options, watched, async () => {
      const parts = await checkParts(ledger, temporal);
      const { checks, stuck_items, fix } = parts;
      const state = worker.getState();
      return {
        ready: checks.database === 'ok' && checks.temporal === 'ok' && state === 'RUNNING',
        degraded: isDegraded(parts),
        checks,
        stuck_items,
        ...(fix === undefined ? {} : { fix }),
        state,
      };
    });
    if (health !== undefined) closers.push(health.close);
    return { worker, healthPort: health?.port, ended, close: closeParts };
  } catch (error) {
    await closeParts();
    throw error;
  }
}

function mailTransport({ smtpUrl }: Config): MailTransport | undefined {
  // A pool keeps the connection to the mail server for the next mail.
  return smtpUrl === undefined ? undefined : mailServer(smtpUrl, { pool: true });
}

async function startHealth(
  { config, sdkMetrics }: WorkerProcessOptions,
  watched: (registry: Registry) => void,
  readiness: Parameters<typeof startHealthServer>[0]['readiness'],
) {
  if (config.metricsPort === undefined) return undefined;
  const { registry } = createMetrics({ processMetrics: true });
  watched(registry);
  const metrics = async () => {
    const sdk = sdkMetrics === undefined ? '' : await (await fetch(`http://${sdkMetrics}/metrics`)).text();
    return `${await registry.metrics()}\n${sdk}`;
  };
  return await startHealthServer({ port: config.metricsPort, host: config.host, readiness, metrics });
}

/** Version of the package, which is one folder above both the sources and the compiled code. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String(version);
}
