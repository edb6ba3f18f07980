import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Referral } from '../../src/contracts/referrals/referral.ts';
import { RECONCILE_WORKFLOW, SCHEDULES, TASK_QUEUE } from '../../src/contracts/temporal.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { OPEN_PROGRAMS, type ReferralRig, referralRig } from '../support/referral-rig.ts';
import {
  dormantFriend,
  inviteRequest,
  join,
  login,
  minutesAgo,
  qualifiedUnheard,
} from '../support/referrals.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { expectVerified, newKey } from '../support/test-ledger.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

let rig: GiftRig;
let referrals: ReferralRig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: OPEN_PROGRAMS, worker: false });
  referrals = referralRig(rig);
  worker = await startWorkerProcess(rig, OPEN_PROGRAMS);
  // The worker keeps the schedule, whose own time would mix with the tests' runs; later workers leave it paused.
  await rig.client.schedule.getHandle(SCHEDULES.reconcile).pause('tests run it');
});
afterEach(() => expectVerified(rig.ledger));
afterAll(async () => {
  await rig.close();
  await worker.end('SIGTERM');
});

/** A busy machine takes its time, and a run that is under way goes first. */
const SCHEDULE_PATIENCE_MS = 120_000;

async function rewards(account: string): Promise<number> {
  const { data: resets } = await rig.ledger.listResets(account, await rig.now());
  // Accounts have a complimentary one beside.
  return resets.filter(({ source }) => source === 'referral').length;
}

/** One run of the schedule's work, at once. */
async function reconcile(): Promise<unknown> {
  const workflowId = `reconcile-${randomUUID()}`;
  return await rig.client.workflow.execute(RECONCILE_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId });
}

test('workers killed again and again while friends qualify, the first between a place and its reward: the next one rewards, three times at most and each once', {
  timeout: 240_000,
}, async () => {
  await rig.seed('ada');
  await rig.seed('bea');
  const crowd: Referral[] = [];
  for (let count = 0; count < 6; count += 1) {
    const one = await referrals.invite('bea');
    await referrals.join(one);
    crowd.push(one);
  }
  const invited = await referrals.invite('ada');
  await referrals.join(invited);
  const locker = new pg.Client(rig.own.url);
  await locker.connect();
  await locker.query('BEGIN');
  await locker.query(`SELECT FROM boon.ledger_accounts WHERE id = 'ada' FOR UPDATE`);
  await referrals.prompt(invited, 3);
  const waiting = `SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%reward_referrals%'`;
  let waiters = await rig.own.sql(waiting, []);
  for (let tries = 0; waiters.length === 0 && tries < 200; tries += 1) {
    await pause(50);
    waiters = await rig.own.sql(waiting, []);
  }
  const window = await referrals.window('ada');
  expect(await window.query('status')).toMatchObject({
    programs: { 'codex-selective': { held: [invited.id], banked: [] } },
  });
  const prompting = Promise.all(crowd.map((one) => referrals.prompt(one, 3)));
  expect(await worker.end('SIGKILL')).toBe(null);
  // The dead worker's statement must not be done by the database after all.
  for (const { pid } of waiters) await rig.own.sql('SELECT pg_terminate_backend($1)', [pid]);
  await locker.query('ROLLBACK');
  await locker.end();
  expect(await rig.ledger.findReferral(invited.id)).toMatchObject({ status: 'qualified' });

  worker = await startWorkerProcess(rig, OPEN_PROGRAMS);
  await pause(200);
  await worker.end('SIGKILL');
  worker = await startWorkerProcess(rig, OPEN_PROGRAMS);
  await prompting;
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  expect(await rewards('ada')).toBe(1);
  for (const one of crowd) await referrals.untilClosed(one);
  const ends = await Promise.all(crowd.map(({ id }) => rig.ledger.findReferral(id)));
  expect(ends.filter(({ status }) => status === 'rewarded')).toHaveLength(3);
  expect(ends.filter(({ reason_code }) => reason_code === 'reward_cap_reached')).toHaveLength(3);
  expect(await rewards('bea')).toBe(3);
});

test('an API server killed between the ledger and the start: reconcile starts the process, and it goes on', async () => {
  await rig.seed('cy');
  const request = inviteRequest('cy', { at: minutesAgo(2), email: 'late@example.com' });
  const { value } = await rig.ledger.invite(request);
  expect(await reconcile()).toMatchObject({ referrals: { started: 1 } });
  await referrals.join(value);
  await referrals.prompt(value, 3);
  await referrals.until(value, 'rewarded');
  await referrals.untilClosed(value);
  expect(rig.mail.mails.filter(({ to }) => to.includes('late@example.com'))).toHaveLength(0);
  expect(await rewards('cy')).toBe(1);
});

test('a process that never learned of a qualified friend is started with it, and claims', async () => {
  await rig.seed('dot');
  const unheard = await qualifiedUnheard(rig.ledger, 'dot');
  await reconcile();
  await referrals.until(unheard, 'rewarded');
  expect(await rewards('dot')).toBe(1);
});

test('a running process that missed the last prompt is signaled by reconcile', async () => {
  await rig.seed('eve');
  const unheard = await qualifiedUnheard(rig.ledger, 'eve');
  await referrals.process.start({ ...unheard, status: 'invited' });
  expect(await referrals.handle(unheard).query('status')).toMatchObject({ status: 'invited' });
  expect(await reconcile()).toMatchObject({ referrals: { due: 1, paid: 0 } });
  await referrals.until(unheard, 'rewarded');
  await referrals.untilClosed(unheard);
});

test('a process that an operator terminated: its reward is paid all the same', async () => {
  await rig.seed('fay');
  const unheard = await qualifiedUnheard(rig.ledger, 'fay');
  await referrals.process.start({ ...unheard, status: 'invited' });
  await referrals.handle(unheard).terminate('by mistake');
  await reconcile();
  await referrals.until(unheard, 'rewarded');
  expect(await rewards('fay')).toBe(1);
});

test('a process that missed the end of its referral is signaled by the next run of the schedule', async () => {
  await rig.seed('gil');
  const request = inviteRequest('gil', { at: minutesAgo(4) });
  const { value } = await rig.ledger.invite(request);
  await referrals.process.start(value);
  const canceled = { key: newKey('cancel'), referral_id: value.id, action: 'cancel', at: minutesAgo(2) };
  await rig.ledger.actOnReferral({ ...canceled, action: 'cancel' });
  // Nobody hears either that another's friend was active before the link after all, which was used days ago.
  const old = await rig.ledger.invite(inviteRequest('gil', { at: minutesAgo(5_000) }));
  await referrals.process.start(old.value);
  await dormantFriend(rig.ledger, 'gus', '2025-01-01T00:00:00.000Z');
  await join(rig.ledger, old.value, 'gus', minutesAgo(4_000));
  expect(await login(rig.ledger, 'gus', minutesAgo(4_500))).toMatchObject({ reason_code: 'already_active' });
  await runSchedule();
  await referrals.untilClosed(value);
  await referrals.untilClosed(old.value);
  expect(await referrals.handle(old.value).result()).toMatchObject({ reason_code: 'already_active' });
  expect(await referrals.handle(value).result()).toMatchObject({ status: 'canceled' });
});

/** A run of the schedule at once, waited for, also behind one that is under way. */
async function runSchedule(): Promise<void> {
  const schedule = rig.client.schedule.getHandle(SCHEDULES.reconcile);
  const runs = async () =>
    (await schedule.describe()).info.recentActions.map(({ action }) => action.workflow);
  const before = new Set((await runs()).map(({ firstExecutionRunId }) => firstExecutionRunId));
  await schedule.trigger('BUFFER_ALL');
  const end = Date.now() + SCHEDULE_PATIENCE_MS;
  while (Date.now() < end) {
    const run = (await runs()).find(({ firstExecutionRunId }) => !before.has(firstExecutionRunId));
    if (run !== undefined) {
      const handle = rig.client.workflow.getHandle(run.workflowId, run.firstExecutionRunId);
      return await handle.result();
    }
    await pause(50);
  }
  throw new Error('The schedule did not run');
}

/** Resets as an operator does: to the completion of the first task, after which everything happens again. */
async function reset(referral: Referral): Promise<void> {
  const handle = referrals.handle(referral);
  const { events } = await handle.fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes)?.eventId;
  await rig.client.workflowService.resetWorkflowExecution({
    namespace: rig.client.options.namespace,
    workflowExecution: { workflowId: handle.workflowId },
    reason: 'an operator tries it out',
    workflowTaskFinishEventId: first ?? null,
    requestId: randomUUID(),
  });
}

test('a rewarded referral that is reset is rewarded once', async () => {
  await rig.seed('hal');
  const invited = await referrals.invite('hal');
  await referrals.join(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  await reset(invited);
  await referrals.untilClosed(invited);
  expect(await referrals.handle(invited).result()).toMatchObject({ status: 'rewarded' });
  expect(await rewards('hal')).toBe(1);
});

test('a referral that is reset while it waits goes on from where the ledger has it', async () => {
  await rig.seed('ida');
  const invited = await referrals.invite('ida');
  await referrals.join(invited);
  await pause(500);
  await reset(invited);
  await referrals.prompt(invited, 3);
  await referrals.until(invited, 'rewarded');
  await referrals.untilClosed(invited);
  expect(await rewards('ida')).toBe(1);
});
