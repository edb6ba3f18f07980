/**
 * Records the histories that `test/replay` replays: one of every branch, from real runs on a real Temporal server
 * and a real PostgreSQL, and of scripts where real parts come by a branch once in a long time. Run it after a change that
 * is meant to change histories: `npm run record-histories`, with names of branches to record only those. What was recorded
 * before is kept.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import { mergePolicy } from '../src/domain/merge-policy.ts';
import { SHIPPED_POLICY } from '../src/domain/shipped-policy.ts';
import { migrate } from '../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../src/ledger/postgres-ledger.ts';
import { createDatabase, startPostgres } from '../src/local/postgres.ts';
import { validatePolicy } from '../src/policy-file.ts';
import { createBoonWorker } from '../src/temporal/boon-worker.ts';
import { createGiftProcess } from '../src/temporal/gifts/gift-process.ts';
import { registerSearchAttributes } from '../src/temporal/search-attributes.ts';
import { buildWorkflowBundle } from '../src/temporal/workflow-bundle.ts';
import { catchMails } from '../test/support/mail-catcher.ts';
import '../test/support/quiet-sdk.ts';
import { devServer, timeSkippingServer } from '../test/support/temporal-server.ts';
import { BILLING_BRANCHES } from './billing-branches.ts';
import { CAMPAIGN_BRANCHES } from './campaign-branches.ts';
import { GIFT_BRANCHES } from './gift-branches.ts';
import { keepHistory } from './kept-histories.ts';
import { PURCHASE_BRANCHES } from './purchase-branches.ts';
import { REFERRAL_BRANCHES, REFERRAL_POLICY } from './referral-branches.ts';
import { REFUND_BRANCHES, REFUND_PAYMENTS, REFUND_QUEUE } from './refund-branches.ts';
import { giftScripts } from './scripted/gift-scripts.ts';
import { paymentScripts } from './scripted/payment-scripts.ts';
import { programScripts } from './scripted/program-scripts.ts';
import { scheduleScripts } from './scripted/schedule-scripts.ts';
import { recordScript, type ScriptedHistory } from './scripted/script.ts';

const FOLDER = join(import.meta.dirname, '../test/replay/histories');
/** Seconds instead of days, so that every branch is real and the recording short. */
const POLICY = {
  gifts: {
    settlement: 'PT3S',
    claim_window: 'PT4S',
    hold_at_most: 'PT2S',
    screening: {
      velocity: { verdict: 'allow' },
      fan_out: { verdict: 'allow' },
      fan_in: { verdict: 'allow' },
    },
    limits: { per_day: { count: 1000, amount: '1000000' }, per_month: { count: 1000, amount: '1000000' } },
  },
  programs: REFERRAL_POLICY,
};

/** The parts that gifts need, as a composition of the real ones. */
async function openParts() {
  const folder = await mkdtemp(join(tmpdir(), 'boon-record-'));
  const postgres = await startPostgres({ dataDir: folder, settings: { fsync: 'off' } });
  const temporal = await devServer({ dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } });
  const mail = await catchMails();
  const url = await createDatabase(postgres.url, 'boon');
  await migrate(url);
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  await ledger.usePolicy(validatePolicy(mergePolicy(SHIPPED_POLICY, POLICY)), new Date().toISOString());
  const { client } = temporal;
  await registerSearchAttributes(client);
  const clock = () => new Date();
  const bundle = await buildWorkflowBundle();
  const options = {
    connection: temporal.nativeConnection,
    client,
    taskQueue: TASK_QUEUE,
    ledger,
    mail: {
      transport: nodemailer.createTransport(mail.url),
      from: 'boon@boon.example',
      publicUrl: 'https://boon.example',
    },
    bundle: { code: bundle },
    clock,
    buildId: 'boon-recording',
  };
  const workers = [
    await createBoonWorker(options),
    await createBoonWorker({ ...options, taskQueue: REFUND_QUEUE, payments: REFUND_PAYMENTS }),
  ];
  const ended = workers.map((worker) => worker.run());
  return {
    client,
    temporal,
    bundle,
    ledger,
    mail,
    process: createGiftProcess({ client, ledger, taskQueue: TASK_QUEUE, clock }),
    async close() {
      for (const worker of workers) worker.shutdown();
      await Promise.all(ended);
      await ledger.close();
      await mail.close();
      await temporal.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

async function seed({ ledger }: Parts, id: string): Promise<void> {
  const established = '2025-01-01T00:00:00.000Z';
  const put = { plan: 'plus' as const, created_at: established, identity_verified_at: established };
  await ledger.putAccount(`ada-${id}`, put, now());
  await ledger.putAccount(`bob-${id}`, put, now());
  const lot = {
    account_id: `ada-${id}`,
    amount: '100',
    source: 'purchased' as const,
    giftable: true,
    reason: 'seed',
  };
  await ledger.grant({ ...lot, key: `grant:${id}`, at: now(), expires_at: null });
}

function now(): string {
  return new Date().toISOString();
}

const scripts = () => ({ ...giftScripts(), ...programScripts(), ...paymentScripts(), ...scheduleScripts() });

async function scripted({ temporal, bundle }: Parts, name: string): Promise<ScriptedHistory[]> {
  const script = scripts()[name];
  if (script === undefined) throw new Error(`There is no script ${name}`);
  if (script.skipsTime !== true) return await recordScript(temporal, bundle, name, script);
  // Of its own: time that another script let pass would be past here.
  const skipping = await timeSkippingServer();
  try {
    return await recordScript(skipping, bundle, name, script);
  } finally {
    await skipping.close();
  }
}

const chosen = process.argv.slice(2);
const isChosen = (name: string) => chosen.length === 0 || chosen.includes(name);
const parts = await openParts();
try {
  for (const [branch, run] of Object.entries({
    ...GIFT_BRANCHES,
    ...BILLING_BRANCHES,
    ...CAMPAIGN_BRANCHES,
    ...PURCHASE_BRANCHES,
    ...REFERRAL_BRANCHES,
    ...REFUND_BRANCHES,
  })) {
    if (!isChosen(branch)) continue;
    await seed(parts, branch);
    for (const { name, workflowId, runId } of await run(parts, branch)) {
      const history = await parts.client.workflow.getHandle(workflowId, runId).fetchHistory();
      console.log(`${name}: ${await keepHistory(FOLDER, name, history)}`);
    }
  }
  for (const name of Object.keys(scripts()).filter(isChosen)) {
    for (const recorded of await scripted(parts, name)) {
      console.log(`${recorded.name}: ${await keepHistory(FOLDER, recorded.name, recorded.history)}`);
    }
  }
} finally {
  await parts.close();
}
