/**
 * A campaign over a million accounts, by a worker process through Temporal, against one bare INSERT … SELECT of the
 * same rows into the same tables and indexes; and the worker's memory meanwhile.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { campaignWorkflowId } from '../src/contracts/campaigns/campaign.ts';
import { createDatabase, dropDatabase } from '../src/local/postgres.ts';
import { createCampaignProcess } from '../src/temporal/campaigns/campaign-process.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { type LedgerDatabase, openLedgerCopy, openLedgerDatabase, START } from './support/ledger-database.ts';
import {
  startMeasuredWorker,
  startTemporalRig,
  stopWorker,
  type TemporalRig,
} from './support/temporal-rig.ts';

const ACCOUNTS = 1_000_000;
const TEMPLATE = 'bench_campaign_template';
const AT = new Date(START).toISOString();
/** How much of the campaign is done at each look at the worker's memory. */
const LOOKS = [0.1, 0.5, 0.95];

type Kind = 'grant_reset' | 'grant_credits';

export const campaign: Bench = async ({ postgresUrl, folder, rounds, progress }) => {
  progress(`campaign: making ${ACCOUNTS} accounts`);
  const template = await openLedgerDatabase(postgresUrl, TEMPLATE);
  await template.sql.query(FILL, [ACCOUNTS]);
  await template.sql.query('VACUUM ANALYZE');
  await template.close();
  const rig = await startTemporalRig(folder, progress);
  const figures = { grant_reset: ratio('resets'), grant_credits: ratio('credits') };
  const memory = LOOKS.map((look): Figure => {
    return { name: `memory of the worker at ${look * 100} % of a campaign`, rounds: [], unit: 'MB' };
  });
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const kind of ['grant_reset', 'grant_credits'] as const) {
        progress(`campaign, round ${round} of ${rounds}: ${kind}`);
        const bare = await onCopy(postgresUrl, (database) => barePerSecond(database, kind));
        const { rate, megabytes } = await onCopy(postgresUrl, (database) =>
          grantsPerSecond(database, rig, kind),
        );
        const [shown, against] = figures[kind];
        shown.rounds.push(rate);
        against.rounds.push(rate / bare);
        if (kind === 'grant_reset')
          for (const [i, figure] of memory.entries()) figure.rounds.push(megabytes[i] ?? 0);
      }
    }
  } finally {
    await rig.stop();
    await dropDatabase(postgresUrl, TEMPLATE);
  }
  return [...figures.grant_reset, ...figures.grant_credits, ...memory];
};

function ratio(what: string): [Figure, Figure] {
  const name = `${what} granted/s by a campaign over 1,000,000 accounts`;
  return [
    { name, rounds: [], unit: '/s' },
    { name: `${name} ÷ one bare INSERT … SELECT`, rounds: [], unit: '×', bound: { least: 0.5 } },
  ];
}

/** Each measurement begins with the same tables. */
async function onCopy<T>(adminUrl: string, measure: (database: LedgerDatabase) => Promise<T>): Promise<T> {
  const name = 'bench_campaign';
  const database = await openLedgerCopy(await createDatabase(adminUrl, name, { template: TEMPLATE }));
  try {
    await database.sql.query('CHECKPOINT');
    return await measure(database);
  } finally {
    await database.close();
    await dropDatabase(adminUrl, name);
  }
}

async function grantsPerSecond({ ledger, url }: LedgerDatabase, rig: TemporalRig, kind: Kind) {
  const taskQueue = `bench-campaign-${Date.now()}`;
  const id = taskQueue;
  const { value } = await ledger.createCampaign({
    key: id,
    at: AT,
    id,
    reason: 'bench',
    ...(kind === 'grant_reset' ? { kind } : { kind, amount: '5' }),
  });
  const worker = await startMeasuredWorker({ address: rig.server.address, taskQueue, databaseUrl: url });
  const began = performance.now();
  await createCampaignProcess({ client: rig.client, taskQueue }).wake(value);
  const megabytes: number[] = [];
  for (;;) {
    await sleep(20);
    const { status, matched, remaining } = await ledger.findCampaign(id);
    const part = matched === null ? 0 : 1 - (remaining ?? 0) / matched;
    if (part >= (LOOKS[megabytes.length] ?? 2)) megabytes.push(memoryOf(worker.pid ?? 0));
    if (status !== 'running') break;
  }
  const seconds = (performance.now() - began) / 1000;
  const { granted } = (await rig.client.workflow.getHandle(campaignWorkflowId(id)).result()) as {
    granted: number;
  };
  await stopWorker(worker);
  return { rate: granted / seconds, megabytes };
}

/** Resident megabytes of a process. */
function memoryOf(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}

async function barePerSecond({ sql }: LedgerDatabase, kind: Kind): Promise<number> {
  const began = performance.now();
  const { rowCount } = await sql.query(BARE[kind]);
  return (rowCount ?? 0) / ((performance.now() - began) / 1000);
}

const FILL = `
  WITH account AS (
    INSERT INTO boon.accounts (id, kind, plan, status, billing_day, created_at, updated_at)
    SELECT 'user_' || lpad(i::text, 8, '0'), 'person', 'plus', 'active', 1, '2025-01-01', '2025-01-01' FROM generate_series(1, $1::int) i
    RETURNING id)
  INSERT INTO boon.ledger_accounts (id) SELECT id FROM account`;

/** What a campaign writes for each account, in one statement, with nothing looked at and nothing locked. */
const BARE: Record<Kind, string> = {
  grant_reset: `
    WITH page AS MATERIALIZED (SELECT id AS account, nextval('boon.resets_id_seq') AS id FROM boon.accounts), outcome AS (
      INSERT INTO boon.campaign_accounts SELECT 'bench', account, 'granted', NULL, '${AT}' FROM page
    ), reset AS (
      INSERT INTO boon.resets (id, account_id, status, source, program, reference, policy_version, granted_at, expires_at) OVERRIDING SYSTEM VALUE
      SELECT id, account, 'available', 'campaign', 'bench', 'campaign/bench', 'bench', '${AT}', timestamptz '${AT}' + interval '30 days' FROM page
    ), movement AS (
      INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at) SELECT id, account, 'granted', 'campaign/bench', '${AT}' FROM page
    )
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'reset.granted', id::text, ARRAY[account],
      jsonb_build_object('reset_id', id::text, 'source', 'campaign', 'program', 'bench', 'expires_at', timestamptz '${AT}'), '${AT}' FROM page`,
  grant_credits: `
    WITH page AS MATERIALIZED (
      SELECT id AS account, nextval('boon.transfers_seq_seq') AS transfer, nextval('boon.lots_id_seq') AS lot FROM boon.accounts
    ), outcome AS (
      INSERT INTO boon.campaign_accounts SELECT 'bench', account, 'granted', transfer, '${AT}' FROM page
    ), total AS (
      UPDATE boon.ledger_accounts a SET credits_posted = credits_posted + 5000000 FROM page WHERE a.id = page.account
    ), transfer AS (
      INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, reference, effective_at) OVERRIDING SYSTEM VALUE
      SELECT transfer, 'posted', 'grant', 'boon:issuance', account, 5000000, 'campaign/bench', '${AT}' FROM page
    ), lot AS (
      INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, giftable, transfer, slice) OVERRIDING SYSTEM VALUE
      SELECT lot, account, 'promotional', 5000000, 5000000, '${AT}', false, transfer, 1 FROM page
    ), entry AS (
      INSERT INTO boon.entries SELECT transfer, 1, account, lot, 'grant', 5000000, 5000000, 'campaign/bench', '${AT}' FROM page
    )
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'credits.granted', lot::text, ARRAY[account],
      jsonb_build_object('id', lot::text, 'source', 'promotional', 'granted', '5', 'giftable', false, 'reason', 'bench', 'campaign', 'bench'), '${AT}' FROM page`,
};
