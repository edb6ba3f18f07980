/** All of Boon as `npm start` runs it, in a folder of its own, for what is looked at from outside. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { BoonClient } from '../../src/client/boon-client.ts';
import { readConfig, readPolicy } from '../../src/config.ts';
import { mergePolicy } from '../../src/domain/merge-policy.ts';
import type { VersionedPolicy } from '../../src/domain/policy.ts';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { VerifyReport } from '../../src/ledger/verify.ts';
import { RunningParts } from '../../src/local/running-parts.ts';
import { type LocalStack, startStack } from '../../src/local/stack.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { validatePolicy } from '../../src/policy-file.ts';
import { startServer } from '../../src/start-server.ts';

export type OperatorStack = {
  /** Where the Temporal Web UI is, without a trailing slash. */
  uiUrl: string;
  temporalAddress: string;
  /** The API under the shipped policy: gifts settle after 24 hours. */
  client: BoonClient;
  /** The API on the same ledger and the same workers; its gifts settle after a second. */
  quick: BoonClient;
  /** Makes an account that may give: verified, so many days old, with credits. */
  seed: (id: string, options?: { credits?: string; daysOld?: number }) => Promise<void>;
  verify: () => Promise<VerifyReport>;
  close: () => Promise<void>;
};

const DAY = 86_400_000;

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });

/** Starts PostgreSQL, Temporal with its Web UI, the worker and the HTTP server, all on free ports. */
export async function startOperatorStack(): Promise<OperatorStack> {
  const folder = await mkdtemp(join(tmpdir(), 'boon-operator-'));
  const parts = new RunningParts();
  const close = async () => {
    await parts.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    // None of the environment's own settings; what is searched in it for binaries stays.
    const env = { BOON_DATA_DIR: folder, PORT: '0', BOON_TEMPORAL_PORT: '0', BOON_TEMPORAL_UI_PORT: '0' };
    const logger = createLogger('error');
    const common = { env, logger, config: readConfig(env), policy: readPolicy(undefined) };
    const stack = await startStack({ ...common, progress: () => {} }, parts);
    const config = { ...stack.config, port: 0 };
    const policy = settlingAfter('PT1S');
    const quick = await startServer({ config, policy, env: stack.env, logger, clock: () => new Date() });
    await parts.add({ stop: () => quick.close() });
    return { ...seenFromOutside(stack, quick.url), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function settlingAfter(settlement: string): VersionedPolicy {
  return validatePolicy(mergePolicy(SHIPPED_POLICY, { gifts: { settlement } }));
}

function seenFromOutside(stack: LocalStack, quickUrl: string): Omit<OperatorStack, 'close'> {
  const { uiUrl, url, temporalAddress, databaseUrl } = stack;
  const apiKey = stack.apiKey?.secret;
  const encryptionKey = stack.config.encryptionKey;
  if (uiUrl === undefined || apiKey === undefined || encryptionKey === undefined) {
    throw new Error('A local start has a Web UI, an operator key and a key to encrypt with');
  }
  const client = new BoonClient({ baseUrl: url, apiKey });
  return {
    uiUrl,
    temporalAddress,
    client,
    quick: new BoonClient({ baseUrl: quickUrl, apiKey }),
    async seed(id, { credits, daysOld = 400 } = {}) {
      const began = new Date(Date.now() - daysOld * DAY).toISOString();
      await client.accounts.put(id, { plan: 'plus', created_at: began, identity_verified_at: began });
      if (credits === undefined) return;
      await client.grants.create({
        account_id: id,
        amount: credits,
        source: 'purchased',
        reason: 'bought by card',
      });
    },
    async verify() {
      const ledger = createPostgresLedger({ url: databaseUrl, encryptionKey });
      try {
        return await ledger.verify();
      } finally {
        await ledger.close();
      }
    },
  };
}
