/**
 * Records the histories that `test/replay` replays: one of every branch, from real runs on a real Temporal server
 * and a real PostgreSQL. Run it after a change that is meant to change histories: `npm run record-histories`, with names
 * of branches to record only those.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import nodemailer from 'nodemailer';
import type { Gift, GiftActionRequest } from '../src/contracts/gift.ts';
import { acceptedGift } from '../src/contracts/gift-process.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import { mergePolicy } from '../src/domain/merge-policy.ts';
import { SHIPPED_POLICY } from '../src/domain/shipped-policy.ts';
import type { AcceptRequest } from '../src/ledger/ledger.ts';
import { migrate } from '../src/ledger/migrate.ts';
import { createPostgresLedger } from '../src/ledger/postgres-ledger.ts';
import { createDatabase, startPostgres } from '../src/local/postgres.ts';
import { validatePolicy } from '../src/policy-file.ts';
import { createBoonWorker } from '../src/temporal/boon-worker.ts';
import { createGiftProcess } from '../src/temporal/gift-process.ts';
import { registerSearchAttributes } from '../src/temporal/search-attributes.ts';
import { buildWorkflowBundle } from '../src/temporal/workflow-bundle.ts';
import { writeHistory } from '../test/support/history-file.ts';
import { catchMails } from '../test/support/mail-catcher.ts';
import '../test/support/quiet-sdk.ts';
import { devServer } from '../test/support/temporal-server.ts';
import { BILLING_BRANCHES } from './billing-branches.ts';
import { CAMPAIGN_BRANCHES } from './campaign-branches.ts';
import { PURCHASE_BRANCHES } from './purchase-branches.ts';
import { REFERRAL_BRANCHES, REFERRAL_POLICY } from './referral-branches.ts';
import { REFUND_BRANCHES, REFUND_PAYMENTS, REFUND_QUEUE } from './refund-branches.ts';

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

type Recording = { name: string; workflowId: string; runId?: string };

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
    bundle: { code: await buildWorkflowBundle() },
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

/** Every branch: what happens to the gift, and under which name its history is kept. */
const BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'gift-settled': async (parts, id) => {
    await give(parts, id);
    return [await closed(parts, id)];
  },
  'gift-canceled': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'cancel');
    return [await closed(parts, id)];
  },
  'gift-cancellation-requested': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).cancel();
    return [await closed(parts, id)];
  },
  'gift-cancellation-requested-while-running': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.client.workflow.getHandle(`gift/${id}`).cancel();
    return [await closed(parts, id)];
  },
  'gift-held-and-released': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'looks odd' });
    await act(parts, id, 'hold', { reason: 'looks odd' }).catch(() => undefined);
    await act(parts, id, 'release');
    return [await closed(parts, id)];
  },
  'gift-hold-ended-by-itself': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'nobody looks' });
    return [await closed(parts, id)];
  },
  'gift-rejected': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'reject', { reason: 'stolen account' });
    return [await closed(parts, id)];
  },
  'gift-held-by-a-freeze': async (parts, id) => {
    await give(parts, id);
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.ledger.putAccount(`ada-${id}`, { plan: 'plus', status: 'frozen' }, now());
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    await parts.ledger.putAccount(`ada-${id}`, { plan: 'plus', status: 'active' }, now());
    await parts.client.workflow.getHandle(`gift/${id}`).executeUpdate('refresh');
    return [await closed(parts, id)];
  },
  'gift-claimed': async (parts, id) => {
    const gift = await give(parts, id, { to: { email: 'bob@example.com' } });
    await until(() => parts.mail.mails.length > 0);
    const claim = { token: (await parts.ledger.giftAddress(gift.id)).token, account_id: `bob-${id}` };
    await act(parts, id, 'claim', { ...claim, token: 'forged' }).catch(() => undefined);
    await act(parts, id, 'claim', claim);
    return [await closed(parts, id)];
  },
  'gift-unclaimed': async (parts, id) => {
    await give(parts, id, { to: { email: 'bob@example.com' } });
    return [await closed(parts, id)];
  },
  'gift-mail-refused': async (parts, id) => {
    parts.mail.refuseWith(550);
    await give(parts, id, { to: { email: 'bob@example.com' } });
    const recording = await closed(parts, id);
    parts.mail.refuseWith(undefined);
    return [recording];
  },
  'gift-requested': async (parts, id) => {
    await parts.client.workflow.start('gift', requested(id, '5'));
    return [await closed(parts, id)];
  },
  'gift-requested-with-accept': async (parts, id) => {
    await acceptWithStart(parts.client, id, '5');
    return [await closed(parts, id)];
  },
  'gift-refused': async (parts, id) => {
    await acceptWithStart(parts.client, id, '1000').catch(() => undefined);
    return [await closed(parts, id)];
  },
  'gift-invalid': async (parts, id) => {
    await parts.client.workflow.start('gift', {
      ...requested(id, '5'),
      args: [{ request: { from: 'ada' } }],
    });
    return [await closed(parts, id)];
  },
  'gift-continued': async (parts, id) => {
    await give(parts, id);
    await act(parts, id, 'hold', { reason: 'first' });
    const { runId } = await parts.client.workflow.getHandle(`gift/${id}`).describe();
    for (let times = 0; times < 4; times += 1) {
      await act(parts, id, 'release');
      await act(parts, id, 'hold', { reason: `number ${times}` });
    }
    await act(parts, id, 'cancel');
    const workflowId = `gift/${id}`;
    return [
      { name: 'gift-continued-first-run', workflowId, runId },
      await closed(parts, id, 'gift-continued-last-run'),
    ];
  },
  reconcile: async (parts, id) => {
    await accept(parts, id, { at: new Date(Date.now() - 120_000).toISOString() });
    return await executed(parts, 'reconcile', id);
  },
  expiry: async (parts, id) => await executed(parts, 'expiry', id),
};

async function accept({ ledger }: Parts, id: string, more: Partial<AcceptRequest> = {}): Promise<Gift> {
  const request = { key: `accept:${id}`, id, at: now(), from: `ada-${id}`, to: { account_id: `bob-${id}` } };
  return (await ledger.acceptGift({ ...request, amount: '5', funding: 'transfer', message: null, ...more }))
    .value;
}

async function give(parts: Parts, id: string, more: Partial<AcceptRequest> = {}): Promise<Gift> {
  const gift = await accept(parts, id, more);
  const open = acceptedGift(gift);
  if (open !== undefined) await parts.process.start(open);
  return gift;
}

function act(
  parts: Parts,
  id: string,
  action: GiftActionRequest['action'],
  more: Partial<GiftActionRequest> = {},
) {
  const key = randomBytes(8).toString('hex');
  return parts.process.act({ key, gift_id: id, action, at: now(), by: 'mia', ...more });
}

const requested = (id: string, amount: string) => ({
  taskQueue: TASK_QUEUE,
  workflowId: `gift/${id}`,
  args: [{ request: { from: `ada-${id}`, to: `bob-${id}`, amount } }] as unknown[],
});

function acceptWithStart(client: Client, id: string, amount: string) {
  const options = { ...requested(id, amount), workflowIdConflictPolicy: 'USE_EXISTING' as const };
  const startWorkflowOperation = new WithStartWorkflowOperation('gift', options);
  return client.workflow.executeUpdateWithStart('accept', { startWorkflowOperation });
}

async function executed({ client }: Parts, type: string, id: string): Promise<Recording[]> {
  const workflowId = `${type}-${id}`;
  await client.workflow.execute(type, { taskQueue: TASK_QUEUE, workflowId });
  return [{ name: type, workflowId }];
}

async function closed({ client }: Parts, id: string, name = id): Promise<Recording> {
  const workflowId = `gift/${id}`;
  await until(async () => (await client.workflow.getHandle(workflowId).describe()).status.name !== 'RUNNING');
  return { name, workflowId };
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await done()); tries += 1) {
    if (tries > 600) throw new Error('It did not come to its end');
    await sleep(50);
  }
}

function now(): string {
  return new Date().toISOString();
}

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

const chosen = process.argv.slice(2);
const parts = await openParts();
try {
  if (chosen.length === 0) await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  for (const [branch, run] of Object.entries({
    ...BRANCHES,
    ...BILLING_BRANCHES,
    ...CAMPAIGN_BRANCHES,
    ...PURCHASE_BRANCHES,
    ...REFERRAL_BRANCHES,
    ...REFUND_BRANCHES,
  })) {
    if (chosen.length > 0 && !chosen.includes(branch)) continue;
    await seed(parts, branch);
    for (const { name, workflowId, runId } of await run(parts, branch)) {
      const history = await parts.client.workflow.getHandle(workflowId, runId).fetchHistory();
      await writeHistory(join(FOLDER, `${name}.json`), history);
      console.log(`${name}: ${history.events?.length} events`);
    }
  }
} finally {
  await parts.close();
}
