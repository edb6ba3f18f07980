/** What a rewarded referral with three prompts costs in Temporal: billable actions, over a month of three rewards. */

import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { referralWorkflowId, rewardWindowWorkflowId } from '../src/contracts/referrals/referral.ts';
import { mergePolicy } from '../src/domain/merge-policy.ts';
import { SHIPPED_POLICY } from '../src/domain/shipped-policy.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { validatePolicy } from '../src/policy-file.ts';
import { createReferralProcess } from '../src/temporal/referrals/referral-process.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { openLedgerDatabase } from './support/ledger-database.ts';
import { startMeasuredWorker, startTemporalRig, stopWorker } from './support/temporal-rig.ts';

const PROGRAM = 'codex-selective';
const PROMPTS = 3;
const REWARDS = 3;

/**
 * Billable actions by event: a start, a signal, an update, an activity, a task that ran local activities, a timer, a
 * changed search attribute. An update-with-start of a window that runs leaves the update alone.
 */
const BILLED = new Set([
  'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
  'EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED',
  'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  'EVENT_TYPE_MARKER_RECORDED',
  'EVENT_TYPE_TIMER_STARTED',
  'EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES',
]);

export const referralActions: Bench = async ({ postgresUrl, folder, rounds, progress }) => {
  const database = await openLedgerDatabase(postgresUrl, 'bench_referrals');
  const rig = await startTemporalRig(folder, progress);
  const taskQueue = 'bench-referrals';
  const { ledger } = database;
  const policy = validatePolicy(mergePolicy(SHIPPED_POLICY, { programs: { [PROGRAM]: { cohort: null } } }));
  await ledger.usePolicy(policy, now());
  const worker = await startMeasuredWorker({
    address: rig.server.address,
    taskQueue,
    databaseUrl: database.url,
    policyVersion: policy.version,
  });
  const actions: Figure = {
    name: 'billable actions of a rewarded referral with three prompts',
    rounds: [],
    unit: '',
    bound: { most: 8 },
  };
  const others: Figure = {
    name: 'calls to Temporal for an activity event of an account without an open referral',
    rounds: [],
    unit: '',
    bound: { most: 0 },
  };
  try {
    for (let round = 1; round <= rounds; round++) {
      const referrer = `referrer-${round}`;
      await ledger.putAccount(referrer, { plan: 'plus', created_at: '2025-01-01T00:00:00Z' }, now());
      let billed = 0;
      for (let count = 1; count <= REWARDS; count++) {
        const id = await rewardedReferral(ledger, rig.client, taskQueue, referrer, `${round}-${count}`);
        billed += await billedOf(rig.client, referralWorkflowId(id));
      }
      const { month } = await ledger.rewardWindow(referrer, PROGRAM, now());
      billed += await billedOf(rig.client, rewardWindowWorkflowId(referrer, month));
      actions.rounds.push(billed / REWARDS);
      others.rounds.push(await callsOfALonelyPrompt(ledger, rig.client, taskQueue, referrer, round));
    }
  } finally {
    await stopWorker(worker);
    await rig.stop();
    await database.close();
  }
  return [actions, others];
};

/** From the invitation to the closed process, as the API does it. */
async function rewardedReferral(
  ledger: Ledger,
  client: Client,
  taskQueue: string,
  referrer_id: string,
  name: string,
): Promise<string> {
  const process = createReferralProcess({ client, taskQueue });
  const id = `ref_${name}`;
  const email = `friend-${name}@example.com`;
  const invited = await ledger.invite({ key: id, at: now(), id, program: PROGRAM, referrer_id, email });
  await process.start(invited.value);
  const account_id = `friend-${name}`;
  await ledger.putAccount(account_id, { plan: 'free', created_at: now() }, now());
  const used = await ledger.useLink({ key: `use-${id}`, at: now(), referral_id: id, account_id });
  await process.changed(used.value);
  for (let prompt = 1; prompt <= PROMPTS; prompt++) {
    const event = { id: `${id}-${prompt}`, account_id, kind: 'prompt' as const, at: now() };
    const changed = await ledger.recordActivity(event);
    if (changed !== undefined) await process.prompted(changed);
  }
  await client.workflow.getHandle(referralWorkflowId(id)).result();
  return id;
}

/** An account that nobody invited sends a prompt: what its activity hands to the process. */
async function callsOfALonelyPrompt(
  ledger: Ledger,
  client: Client,
  taskQueue: string,
  account_id: string,
  round: number,
): Promise<number> {
  let calls = 0;
  const counted = new Proxy(client, {
    get(target, name) {
      calls += 1;
      return Reflect.get(target, name);
    },
  });
  const process = createReferralProcess({ client: counted, taskQueue });
  const event = { id: `lonely-${round}`, account_id, kind: 'prompt' as const, at: now() };
  const changed = await ledger.recordActivity(event);
  if (changed !== undefined) await process.prompted(changed);
  return calls;
}

async function billedOf(client: Client, workflowId: string): Promise<number> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const types = (events ?? []).map(({ eventType }) => proto.temporal.api.enums.v1.EventType[eventType ?? 0]);
  return types.filter((type) => BILLED.has(String(type))).length;
}

function now(): string {
  return new Date().toISOString();
}
