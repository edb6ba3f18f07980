/** An HTTP server whose rate is measured: Boon's with a database, else an empty route behind a key. */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { CampaignProcess } from '../../src/contracts/campaigns/campaign-process.ts';
import type { GiftProcess } from '../../src/contracts/gifts/gift-process.ts';
import type { PurchaseProcess } from '../../src/contracts/purchases/purchase-process.ts';
import type { RefundProcess } from '../../src/contracts/purchases/refund-process.ts';
import type { ReferralProcess } from '../../src/contracts/referrals/referral-process.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import { buildServer } from '../../src/http/build-server.ts';
import { bootstrapApiKey } from '../../src/http/callers/bootstrap-key.ts';
import { createTokenVerifier } from '../../src/http/callers/token-verifier.ts';
import { createStartQueue } from '../../src/http/route/start-queue.ts';
import { createApiKeys } from '../../src/ledger/accounts/api-keys.ts';
import { openDatabase } from '../../src/ledger/postgres/database.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { allocateYoung } from '../../src/observability/allocate-young.ts';
import { watchBusyness } from '../../src/observability/busy.ts';
import { createLogger, gatheredOutput } from '../../src/observability/logger.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createCreditsLink } from '../../src/payments/credits-link.ts';
import { temporalClient } from '../../src/temporal/connection.ts';
import { createGiftProcess } from '../../src/temporal/gifts/gift-process.ts';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import type { MeasuredServer } from './http-rig.ts';
import { START } from './ledger-database.ts';

const {
  apiKey,
  databaseUrl,
  temporalAddress,
  policyVersion = 'bench',
  giftProcesses,
} = JSON.parse(process.argv[2] ?? '{}') as MeasuredServer;
// As every service of Boon's; the empty route is neither faster nor slower for it.
allocateYoung();
const app = await (databaseUrl === undefined ? emptyServer() : boonServer(databaseUrl));
await app.listen({ port: 0, host: '127.0.0.1' });
process.on('SIGTERM', () => process.exit(0));
// When the benchmark breaks off.
process.on('disconnect', () => process.exit(0));
process.send?.({ port: (app.server.address() as AddressInfo).port });

/** As little as routes can do that let nobody in without the key: one that reads a JSON body, and one of an account. */
async function emptyServer() {
  const app = fastify();
  const digest = hash('sha256', apiKey, 'buffer');
  app.addHook('onRequest', async (request, reply) => {
    const key = request.headers.authorization?.slice('Bearer '.length) ?? '';
    if (!timingSafeEqual(hash('sha256', key, 'buffer'), digest)) reply.code(401).send();
  });
  app.post('/v1/activity', (_request, reply) => {
    reply.code(202).send({ accepted: true });
  });
  app.get('/v1/accounts/:id/:what', (_request, reply) => {
    reply.send({ accepted: true });
  });
  return app;
}

/** As it is run: every request is logged. Without a Temporal server no process is reached. */
async function boonServer(url: string) {
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32), policyVersion });
  const apiKeys = createApiKeys(openDatabase(url, { connections: 2 }));
  await bootstrapApiKey(apiKeys, apiKey, new Date(START).toISOString());
  const clock = () => new Date();
  const giftProcess =
    temporalAddress === undefined
      ? ({ start: async () => undefined } as unknown as GiftProcess)
      : createGiftProcess({
          client: temporalClient({ namespace: 'default', connectionOptions: { address: temporalAddress } }),
          ledger,
          taskQueue: TASK_QUEUE,
          clock,
        });
  const logger = createLogger('info', gatheredOutput());
  const metrics = createMetrics();
  return await buildServer({
    ledger,
    apiKeys,
    giftProcess,
    giftProcesses,
    campaignProcess: {} as CampaignProcess,
    referralProcess: {} as ReferralProcess,
    purchaseProcess: {} as PurchaseProcess,
    refundProcess: {} as RefundProcess,
    codec: {
      payloads: createPayloadCodec({ encryption: 'personal', keys: [randomBytes(32)] }),
      uiOrigins: [],
    },
    tokens: createTokenVerifier({
      jwksUrl: undefined,
      issuer: undefined,
      audience: undefined,
      accountClaim: 'sub',
      trustUnsigned: false,
    }),
    clock,
    logger,
    metrics,
    starts: createStartQueue({ metrics, logger, size: 10_000, concurrency: 16, isBusy: watchBusyness() }),
    publicUrl: 'http://localhost',
    creditsLink: createCreditsLink({ encryptionKey: randomBytes(32), publicUrl: 'http://localhost' }),
    policy: () => ({ version: policyVersion, policy: SHIPPED_POLICY }),
    rateLimit: { service: 0, user: 0, wrongKeys: 0 },
    demoModel: false,
  });
}
