import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Campaign, campaignWorkflowId } from '../../src/contracts/campaigns/campaign.ts';
import { TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createCampaignProcess } from '../../src/temporal/campaigns/campaign-process.ts';
import { createCampaign, fillAccounts, runToItsEnd } from '../support/campaigns.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified, START } from '../support/test-ledger.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

/** Pages are of two thousand each as shipped: eight, the last of them empty. */
const ACCOUNTS = 14_000;
/** Stopped before here: what is left then takes seconds, so that no stop comes after the end. */
const LAST_STOP = 8_000;
/** The complimentary campaign would run beside the ones that are tested. */
const POLICY = { resets: { complimentary_plans: [] } };

/** Temporal must first miss the heartbeat of a killed worker. */
const PATIENCE_MS = 60_000;

let rig: GiftRig;
let process: ReturnType<typeof createCampaignProcess>;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: POLICY, worker: false });
  await fillAccounts(rig.own, ACCOUNTS);
  process = createCampaignProcess({ client: rig.client, taskQueue: TASK_QUEUE });
});
afterAll(async () => {
  // What comes with closing verifies too.
  await rig.own.sql('ANALYZE');
  await rig.close();
  await worker?.end('SIGKILL');
});

afterEach(({ task }) => {
  if (task.result?.state === 'fail') console.error(worker?.output().slice(-5_000));
});

const done = ({ matched, remaining }: Campaign) => (matched ?? 0) - (remaining ?? 0);

async function untilDone(id: string, accounts: number): Promise<Campaign> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const campaign = await rig.ledger.findCampaign(id);
    if (done(campaign) >= accounts || campaign.status !== 'running') return campaign;
    if (Date.now() > end) throw new Error('The campaign does not go on');
    await pause(25);
  }
}

async function begin(more: object = {}): Promise<Campaign> {
  const campaign = await createCampaign(rig.ledger, { at: new Date().toISOString(), ...more });
  rig.replayLater(campaignWorkflowId(campaign.id));
  await process.wake(campaign);
  return campaign;
}

/** PostgreSQL does so by itself, a minute later; without it, it plans as if the tables were empty, and compares each row with each. */
async function analysedAndVerified(): Promise<void> {
  await rig.own.sql('ANALYZE');
  await expectVerified(rig.ledger);
}

async function expectEachOnce(id: string): Promise<void> {
  const rows = await rig.own.sql(
    'SELECT count(*)::int AS resets, count(DISTINCT account_id)::int AS accounts FROM boon.resets WHERE program = $1',
    [id],
  );
  expect(rows).toEqual([{ resets: ACCOUNTS, accounts: ACCOUNTS }]);
  expect(await rig.ledger.campaignFaults(id)).toEqual([]);
}

/** The one that runs; each test hands it on to the next. */
let worker: WorkerProcess | undefined;

test('a worker killed at page after page, the first before it learns that its page was done: the next one goes on, and each account is granted once', {
  timeout: 240_000,
}, async () => {
  const url = new URL(rig.own.url);
  const proxy = await tcpProxy(url.hostname, Number(url.port));
  url.host = `127.0.0.1:${proxy.port}`;
  worker = await startWorkerProcess(rig, POLICY, { DATABASE_URL: url.href });
  // What the database answers to the first page, and after it, the worker never learns.
  proxy.swallowAnswers('campaign_page');
  const campaign = await begin();
  const stops: number[] = [];
  for (let accounts = 2_000; accounts < LAST_STOP; accounts += 4_000) {
    await untilDone(campaign.id, accounts);
    expect(await worker.end('SIGKILL')).toBe(null);
    stops.push(done(await rig.ledger.findCampaign(campaign.id)));
    worker = await startWorkerProcess(rig, POLICY);
  }
  await proxy.close();
  // Whole pages were done and nothing else.
  for (const stop of stops) expect(stop % 2_000).toBe(0);
  for (const stop of stops) expect(stop).toBeLessThan(ACCOUNTS);
  const result = await rig.client.workflow.getHandle(campaignWorkflowId(campaign.id)).result();
  expect(result).toMatchObject({ status: 'completed', granted: ACCOUNTS, remaining: 0 });
  await expectEachOnce(campaign.id);
  await analysedAndVerified();
});

test('connections lost in the middle of pages: the campaign goes on by itself', async () => {
  const campaign = await begin();
  for (let accounts = 2_000; accounts < LAST_STOP; accounts += 4_000) {
    await untilDone(campaign.id, accounts);
    await rig.own.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'boon'`,
    );
  }
  const result = await rig.client.workflow.getHandle(campaignWorkflowId(campaign.id)).result();
  expect(result).toMatchObject({ status: 'completed', granted: ACCOUNTS });
  await expectEachOnce(campaign.id);
});

test('two workers, of which one is told to end in the middle: the other takes over', async () => {
  const other = await startWorkerProcess(rig, POLICY);
  const campaign = await begin({ kind: 'grant_credits', amount: '1' });
  await untilDone(campaign.id, 2_000);
  expect(await worker?.end('SIGTERM')).toBe(0);
  const result = await rig.client.workflow.getHandle(campaignWorkflowId(campaign.id)).result();
  expect(result).toMatchObject({ status: 'completed', granted: ACCOUNTS });
  expect(await other.end('SIGTERM')).toBe(0);
  expect(await rig.ledger.campaignFaults(campaign.id)).toEqual([]);
  await analysedAndVerified();
});

test('a ledger that is left after each page and opened anew: every page boundary is one to go on from', async () => {
  const { id } = await createCampaign(rig.ledger);
  for (let pages = 1; pages <= ACCOUNTS / 2_000; pages += 1) {
    const ledger = createPostgresLedger({ url: rig.own.url, encryptionKey: rig.own.encryptionKey });
    expect(done(await ledger.runCampaignPage(id, 2_000, START))).toBe(pages * 2_000);
    await ledger.close();
  }
  await runToItsEnd(rig.ledger, id);
  await expectEachOnce(id);
});
