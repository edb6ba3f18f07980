/** Starts Boon for a test: a real PostgreSQL, a time-skipping Temporal server, a worker and the HTTP API. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Client } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import nodemailer from 'nodemailer';
import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../contracts/temporal.ts';
import { mergePolicy } from '../domain/merge-policy.ts';
import { SHIPPED_POLICY } from '../domain/shipped-policy.ts';
import { buildServer } from '../http/build-server.ts';
import { newApiKey } from '../http/callers/api-key-secret.ts';
import { bootstrapApiKey } from '../http/callers/bootstrap-key.ts';
import { createTokenVerifier } from '../http/callers/token-verifier.ts';
import { closeServer } from '../http/close-server.ts';
import type { ServerParts } from '../http/route/server-parts.ts';
import { createStartQueue } from '../http/route/start-queue.ts';
import { createApiKeys } from '../ledger/accounts/api-keys.ts';
import { openDatabase } from '../ledger/postgres/database.ts';
import { createPostgresLedger } from '../ledger/postgres-ledger.ts';
import { cacheFolder } from '../local/cache-folder.ts';
import { LOOPBACK } from '../local/ports.ts';
import { startTimeSkippingServer } from '../local/temporal.ts';
import { findTimeSkippingServer } from '../local/time-skipping-binary.ts';
import { createLogger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { createCreditsLink } from '../payments/credits-link.ts';
import { createDemoPayments } from '../payments/demo-payments.ts';
import { validatePolicy } from '../policy-file.ts';
import { createCampaignProcess } from '../temporal/campaigns/campaign-process.ts';
import { keepComplimentaryResets } from '../temporal/campaigns/complimentary-resets.ts';
import { converted } from '../temporal/connection.ts';
import { createGiftProcess } from '../temporal/gifts/gift-process.ts';
import { createPayloadCodec, payloadKeys } from '../temporal/payload-codec.ts';
import { createPurchaseProcess } from '../temporal/purchases/purchase-process.ts';
import { createRefundProcess } from '../temporal/purchases/refund-process.ts';
import { createReferralProcess } from '../temporal/referrals/referral-process.ts';
import { workflowBundle } from '../temporal/workflow-bundle.ts';
import { captureMails } from './captured-mails.ts';
import { whenItIsTime } from './due-purchases.ts';
import { BoonHarness, momentOf, type PolicyPatch } from './harness.ts';
import { startHarnessWorker } from './harness-worker.ts';
import type { AccountSeed } from './seed-account.ts';
import { borrowDatabase } from './shared-postgres.ts';
import { TestClock } from './test-clock.ts';

export type StartBoonOptions = {
  /** Laid over the shipped policy. */
  policy?: PolicyPatch;
  /** Accounts to begin with, by id. */
  accounts?: Readonly<Record<string, AccountSeed>>;
  /** The very moment to begin at, not before the real present: a test of months wants to know its calendar. */
  startAt?: Date | string;
  /** A mail server to send mails to (`smtp://localhost:1025`). Left out: mails are captured in `boon.mails`. */
  smtp?: string;
  /** Base of the claim links in mails. Default: `http://boon.test`. */
  publicUrl?: string;
  /** Least level of Boon's log lines on standard output. Default: none. */
  logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
};

/**
 * Starts everything that a test needs and nothing else: in about two seconds, once the servers are on the machine.
 * The first start of all fetches the time-skipping server and says so.
 *
 * @throws LocalSetupError when a server cannot be had; PolicyError when the policy does not validate; RangeError when
 * `startAt` has passed.
 */
export async function startBoon(options: StartBoonOptions = {}): Promise<BoonHarness> {
  const inUse = { policy: validatePolicy(mergePolicy(SHIPPED_POLICY, options.policy)) };
  await using parts = new AsyncDisposableStack();

  const bundle = workflowBundle(cacheFolder());
  // Awaited later: until then its failure must not end the process.
  bundle.catch(() => undefined);
  const [database, environment] = await bothOrNeither(borrowDatabase(), startTemporal());
  parts.defer(() => database.giveBack());
  parts.defer(() => environment.teardown());
  const clock = await TestClock.of(
    environment,
    options.startAt === undefined ? undefined : momentOf(options.startAt),
  );

  const encryptionKey = randomBytes(32);
  const codec = createPayloadCodec({ encryption: 'personal', keys: payloadKeys(encryptionKey, []) });
  const ledger = createPostgresLedger({ url: database.url, encryptionKey });
  parts.defer(() => ledger.close());
  // Not the environment's own client: awaiting a result with that one lets time run.
  const temporal = new Client({ connection: environment.connection, ...converted(codec) });
  const common = { client: temporal, ledger, taskQueue: TASK_QUEUE };
  const publicUrl = options.publicUrl ?? 'http://boon.test';
  const demoPayments = createDemoPayments({ encryptionKey, publicUrl });
  const captured = captureMails();
  const transport =
    options.smtp === undefined ? captured.transport : nodemailer.createTransport(options.smtp);
  const workerOptions = {
    ...common,
    connection: environment.nativeConnection,
    mail: { transport, from: 'Boon <boon@localhost>', publicUrl },
    payments: whenItIsTime(demoPayments),
    bundle: await bundle,
    buildId: 'boon-testing',
    codec,
  };
  // The worker's thread takes a while to start, beside what follows.
  const starting = startHarnessWorker(workerOptions, clock);
  parts.defer(() =>
    starting.then(
      (worker) => worker.stop(),
      () => undefined,
    ),
  );

  await ledger.usePolicy(inUse.policy, clock.now().toISOString());
  const keyDatabase = openDatabase(database.url, { connections: 1 });
  parts.defer(() => keyDatabase.end());
  const apiKey = newApiKey();
  const apiKeys = createApiKeys(keyDatabase);
  await bootstrapApiKey(apiKeys, apiKey, clock.now().toISOString());
  const logger = createLogger(options.logLevel ?? 'silent');
  const metrics = createMetrics();
  const serverParts: ServerParts = {
    ledger,
    apiKeys,
    giftProcess: createGiftProcess({ ...common, clock: () => clock.server() }),
    campaignProcess: createCampaignProcess({ ...common, patience: 30_000 }),
    referralProcess: createReferralProcess(common),
    purchaseProcess: createPurchaseProcess(common),
    refundProcess: createRefundProcess(common),
    starts: createStartQueue({ metrics, logger, size: 10_000, concurrency: 16, patience: 30_000 }),
    answersWaitForStarts: true,
    codec: { payloads: codec, uiOrigins: [] },
    tokens: createTokenVerifier(TRUSTING),
    clock: () => clock.now(),
    logger,
    metrics,
    publicUrl,
    creditsLink: createCreditsLink({ encryptionKey, publicUrl }),
    payments: demoPayments,
    demoPayments,
    policy: () => inUse.policy,
    rateLimit: { service: 0, user: 0, wrongKeys: 0 },
    demoModel: false,
  };
  const url = await listen(serverParts, parts);
  const worker = await starting;
  await keepComplimentaryResets(ledger, serverParts.campaignProcess, clock.now().toISOString());

  const end = parts.move();
  const boon = new BoonHarness({
    url,
    apiKey,
    databaseUrl: database.url,
    clock,
    ledger,
    temporal,
    worker,
    mails: captured.mails,
    inUse,
    end: () => end.disposeAsync(),
  });
  try {
    // An organisation is there before its members, whatever their order.
    const seeds = Object.entries(options.accounts ?? {}).toSorted(
      ([, one], [, other]) => Number(one.org_id != null) - Number(other.org_id != null),
    );
    for (const [id, seed] of seeds) await boon.seedAccount(id, seed);
  } catch (error) {
    await end.disposeAsync();
    throw error;
  }
  return boon;
}

/** End users' tokens need no identity provider in a test. */
const TRUSTING = {
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  accountClaim: 'sub',
  trustUnsigned: true,
};

async function startTemporal() {
  quietRuntime();
  const server = await findTimeSkippingServer((line) => process.stderr.write(`${line}\n`));
  return await startTimeSkippingServer({ server, searchAttributes: SEARCH_ATTRIBUTES });
}

/** Temporal's runtime is one a process: a test that has made its own keeps it. */
function quietRuntime(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      // The test server lacks some of what the SDK asks for, and the SDK says so at each start.
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
      shutdownSignals: [],
    });
  } catch {
    // It is there already, the test's own or an earlier harness's.
  }
}

/** The database and Temporal start side by side; when one fails, the other must not stay behind. */
async function bothOrNeither<
  A extends { giveBack: () => Promise<void> },
  B extends { teardown: () => Promise<void> },
>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (a.status === 'fulfilled') await a.value.giveBack();
  if (b.status === 'fulfilled') await b.value.teardown();
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}

async function listen(serverParts: ServerParts, parts: AsyncDisposableStack): Promise<string> {
  const app = await buildServer(serverParts);
  parts.defer(() => closeServer(app, serverParts.starts));
  await app.listen({ port: 0, host: LOOPBACK });
  return `http://${LOOPBACK}:${(app.server.address() as AddressInfo).port}`;
}
