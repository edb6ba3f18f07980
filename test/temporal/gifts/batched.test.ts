/** Gifts without workflows of their own (`BOON_GIFT_PROCESSES=batched`): settled together, and opened by whoever acts on one. */
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Gift, giftWorkflowId } from '../../../src/contracts/gifts/gift.ts';
import {
  RECONCILE_WORKFLOW,
  type ReconcileReport,
  SETTLEMENT_SCHEDULE,
  SETTLEMENT_WORKFLOW,
  type SettlementReport,
  TASK_QUEUE,
} from '../../../src/contracts/temporal.ts';
import type { Recorded } from '../../../src/ledger/postgres/recorded.ts';
import { keepSchedules } from '../../../src/temporal/schedules.ts';
import { type GiftRig, giftRig } from '../../support/gift-rig.ts';
import { type Poison, poisoning } from '../../support/poison.ts';
import { devNamespace } from '../../support/temporal-server.ts';
import { expectVerified, newGiftId, newKey } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const MINUTE = 60_000;
const NO_LIMIT = { count: 100_000, amount: '1000000' };
const POLICY = {
  gifts: {
    settlement: 'PT1H',
    limits: { per_day: NO_LIMIT, per_month: NO_LIMIT },
    screening: Object.fromEntries(
      ['velocity', 'fan_in', 'fan_out', 'circle'].map((rule) => [rule, { verdict: 'allow' as const }]),
    ),
  },
};
const PATIENCE = { timeout: 60_000 };

let rig: GiftRig;
let server: TestServer;
let poison: Poison;
let worker: Awaited<ReturnType<GiftRig['startWorker']>>;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), { policy: POLICY, worker: false });
  worker = await rig.startWorker({ giftProcesses: 'batched' });
  server = await openTestServer({
    policy: POLICY,
    ledger: rig.own,
    parts: { giftProcess: rig.process, giftProcesses: 'batched', clock: () => new Date() },
  });
  poison = await poisoning(rig.own);
  await rig.seed('ada', '100000');
  await rig.seed('bob');
});
afterEach(() => expectVerified(rig.ledger));
afterAll(async () => {
  await server.close();
  await rig.close();
});

/** A gift that the ledger accepted so long ago, of which Temporal knows nothing. */
async function acceptedAgo(milliseconds: number, from = 'ada'): Promise<Gift> {
  const accepted: Recorded<Gift> = await rig.ledger.acceptGift({
    key: newKey('accept'),
    id: newGiftId(),
    at: new Date(Date.now() - milliseconds).toISOString(),
    from,
    to: { account_id: 'bob' },
    amount: '1',
    funding: 'transfer',
    message: null,
  });
  return accepted.value;
}

async function due(count: number, from?: string): Promise<Gift[]> {
  return await Promise.all(Array.from({ length: count }, () => acceptedAgo(61 * MINUTE, from)));
}

async function send(to: object, path = '/v1/transfers') {
  const { status, json } = await server.send('POST', path, { body: { from: 'ada', to, amount: '1' } });
  expect(status).toBe(202);
  await server.starts.idle();
  return json as { id: string; status: string };
}

async function run<Report>(type: string, ...args: unknown[]): Promise<Report> {
  const workflowId = `${type}-${randomUUID()}`;
  rig.replayLater(workflowId);
  return await rig.client.workflow.execute(type, { taskQueue: TASK_QUEUE, workflowId, args });
}
const settle = (input?: { parts: number }) =>
  run<SettlementReport>(SETTLEMENT_WORKFLOW, ...(input === undefined ? [] : [input]));

/** How the gift's workflow stands; undefined when there is none. */
async function workflowOf({ id }: { id: string }): Promise<string | undefined> {
  try {
    return (await rig.client.workflow.getHandle(giftWorkflowId(id)).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

const statusOf = async ({ id }: { id: string }) => (await rig.ledger.findGift(id)).status;

describe('a pending gift between accounts', () => {
  test('has no workflow, before and after it was settled with the others that were due', async () => {
    const young = await send({ account_id: 'bob' });
    const old = await due(3);
    expect(await settle()).toMatchObject({ settled: 3, failed: 0, oldest_due: null });
    expect(await Promise.all(old.map(statusOf))).toEqual(['settled', 'settled', 'settled']);
    expect(await statusOf(young)).toBe('pending');
    expect(await Promise.all([young, ...old].map(workflowOf))).toEqual(Array(4).fill(undefined));
    expect(await settle()).toMatchObject({ settled: 0, failed: 0, oldest_due: null });
  });

  test('settles at its deadline, and not a millisecond before', async () => {
    const gift = await acceptedAgo(0);
    const deadline = Date.parse(gift.deadline ?? '');
    const at = (moment: number) => new Date(moment).toISOString();
    const all = { part: 0, of: 1 };
    expect(await rig.ledger.dueGifts(at(deadline - 1), 10, all)).not.toContain(gift.id);
    expect(await rig.ledger.dueGifts(at(deadline), 10, all)).toContain(gift.id);
  });

  test('gets its workflow from whoever holds it, and goes its way there when it is released', async () => {
    const gift = await send({ account_id: 'bob' });
    expect(await workflowOf(gift)).toBe(undefined);
    const held = await server.send('POST', `/v1/transfers/${gift.id}/hold`, {
      body: { reason: 'looks odd' },
    });
    expect(held.json).toMatchObject({ status: 'held' });
    expect(await workflowOf(gift)).toBe('RUNNING');
    await server.send('POST', `/v1/transfers/${gift.id}/release`, { body: {} });
    expect(await statusOf(gift)).toBe('pending');
    await server.send('POST', `/v1/transfers/${gift.id}/cancel`, { body: {} });
    await expect.poll(() => workflowOf(gift), PATIENCE).toBe('COMPLETED');
    rig.replayLater(giftWorkflowId(gift.id));
  });

  test('gets its workflow from an operator who starts it by its id in the Web UI', async () => {
    const gift = await send({ account_id: 'bob' });
    const handle = await rig.client.workflow.start('gift', {
      taskQueue: TASK_QUEUE,
      workflowId: giftWorkflowId(gift.id),
      args: [{ open: true }],
    });
    expect(await handle.executeUpdate('hold', { args: [{ reason: 'looks odd', by: 'mia' }] })).toMatchObject({
      status: 'held',
    });
    await handle.executeUpdate('reject', { args: [{ reason: 'resale', by: 'mia' }] });
    await handle.result();
    expect(await statusOf(gift)).toBe('rejected');
    rig.replayLater(giftWorkflowId(gift.id));
  });

  test('that was refused, canceled or settled by then is settled once, whatever comes in the same moment', async () => {
    const gifts = await due(12);
    const [report, ...answers] = await Promise.all([
      settle(),
      ...gifts.map((gift) => rig.act(gift, 'hold').catch((error) => error as { code: string })),
    ]);
    const statuses = await Promise.all(gifts.map(statusOf));
    for (const [index, answer] of answers.entries()) {
      expect('code' in answer ? answer.code : answer.status).toBe(
        statuses[index] === 'held' ? 'held' : 'already_settled',
      );
    }
    expect(report.failed).toBe(0);
    for (const gift of gifts) if ((await statusOf(gift)) === 'held') await rig.act(gift, 'cancel');
  });
});

test('a gift by e-mail keeps its workflow', async () => {
  const gift = await send({ email: 'eve@example.com' });
  expect(await workflowOf(gift)).toBe('RUNNING');
  await rig.act(gift as unknown as Gift, 'cancel');
  await rig.untilClosed(gift);
});

test('a gift that a freeze holds gets a workflow from reconcile, and settles when the freeze is over', async () => {
  await rig.seed('cy', '100');
  const [gift] = await due(1, 'cy');
  if (gift === undefined) throw new Error('no gift');
  const freeze = (status: 'active' | 'frozen') =>
    server.send('PUT', '/v1/accounts/cy', { body: { plan: 'plus', status } });
  await freeze('frozen');
  expect(await settle()).toMatchObject({ settled: 0, failed: 0 });
  expect(await statusOf(gift)).toBe('held');
  expect(await run<ReconcileReport>(RECONCILE_WORKFLOW)).toMatchObject({ started: 1 });
  expect(await workflowOf(gift)).toBe('RUNNING');
  await freeze('active');
  await rig.until(gift, 'settled');
  rig.replayLater(giftWorkflowId(gift.id));
});

test('one of a thousand that cannot be settled becomes its own workflow, and the others settle', async () => {
  const gifts = await due(1_000);
  const [bad, ...rest] = gifts;
  if (bad === undefined) throw new Error('no gift');
  await poison.add(bad.id);
  await expect(settle()).rejects.toMatchObject({
    cause: { type: 'duties_failed', details: [{ settled: 999, failed: 1, oldest_due: bad.deadline }] },
  });
  expect(new Set(await Promise.all(rest.map(statusOf)))).toEqual(new Set(['settled']));
  expect(await workflowOf(bad)).toBe('RUNNING');
  expect((await rig.ledger.stuckItemsOf('settlements')).map(({ item }) => item)).toEqual([bad.id]);
  // Left out until its next try: its own workflow goes on trying.
  expect(await settle()).toMatchObject({ settled: 0, failed: 0, oldest_due: bad.deadline });
  await poison.remove(bad.id);
  await rig.until(bad, 'settled');
  await rig.ledger.forgetStuck('settlements', [bad.id]);
});

test('each of several parts settles its own senders, and together they settle all', async () => {
  const senders = Array.from({ length: 12 }, (_, at) => `sender-${at}`);
  for (const id of senders) await rig.seed(id, '10');
  const gifts = (await Promise.all(senders.map((id) => due(2, id)))).flat();
  const at = new Date().toISOString();
  const parts = await Promise.all([0, 1, 2].map((part) => rig.ledger.dueGifts(at, 100, { part, of: 3 })));
  expect(parts.flat().sort()).toEqual(gifts.map(({ id }) => id).sort());
  expect(parts.every((ids) => ids.length > 0)).toBe(true);
  expect(await settle({ parts: 3 })).toMatchObject({ settled: 24, failed: 0, oldest_due: null });
});

test('reconcile starts no quiet gift, and ends one that nothing settled for ten minutes', async () => {
  const [young, late] = [await acceptedAgo(5 * MINUTE), await acceptedAgo(71 * MINUTE)];
  const report = await run<ReconcileReport>(RECONCILE_WORKFLOW);
  expect(report).toMatchObject({ started: 0, advanced: 1, lost_gifts: { started: 0 } });
  expect(await statusOf(late)).toBe('settled');
  expect(await workflowOf(young)).toBe(undefined);
});

describe('the schedule', () => {
  const schedule = () => rig.client.schedule.getHandle(SETTLEMENT_SCHEDULE);
  const batched = { processes: 'batched', settlementParts: 2 } as const;

  test('settles what is due every ten seconds; while it is paused gifts settle late, and the metrics say since when', async () => {
    await keepSchedules(rig.client, TASK_QUEUE, batched);
    await schedule().pause('a look at the ledger');
    const [gift] = await due(1);
    if (gift === undefined) throw new Error('no gift');
    // Whoever starts a worker does not lift the pause.
    await keepSchedules(rig.client, TASK_QUEUE, batched);
    expect((await schedule().describe()).state.paused).toBe(true);
    expect(await rig.ledger.oldestDueGift(new Date().toISOString(), { part: 0, of: 1 })).toBe(gift.deadline);
    // What operators are alerted by.
    const { text } = await server.send('GET', '/metrics');
    const late = Number(/^boon_gifts_late_seconds (\S+)$/m.exec(text)?.[1]);
    expect(late).toBeGreaterThanOrEqual(60);
    expect(late).toBeLessThan(600);
    await schedule().unpause();
    await rig.until(gift, 'settled');
    const { spec, policies } = await schedule().describe();
    expect(spec.intervals).toMatchObject([{ every: 10_000 }]);
    expect(policies.overlap).toBe('SKIP');
  });

  test('goes when each gift is to have its workflow again; gifts without one get theirs, those with one keep it', async () => {
    await keepSchedules(rig.client, TASK_QUEUE, batched);
    const quiet = await acceptedAgo(5 * MINUTE);
    const opened = await rig.give({ from: 'ada', to: { account_id: 'bob' }, amount: '1' });
    await keepSchedules(rig.client, TASK_QUEUE, { processes: 'each', settlementParts: 1 });
    await expect(schedule().describe()).rejects.toThrow();
    await keepSchedules(rig.client, TASK_QUEUE, { processes: 'each', settlementParts: 1 });
    await worker.stop();
    const each = await rig.startWorker({ giftProcesses: 'each' });
    await run(RECONCILE_WORKFLOW);
    expect([await workflowOf(quiet), await workflowOf(opened)]).toEqual(['RUNNING', 'RUNNING']);
    await each.stop();
    await rig.startWorker({ giftProcesses: 'batched' });
    // And back: their workflows settle them, or the schedule does, whichever comes first.
    const later = new Date(Date.now() + 61 * MINUTE).toISOString();
    const due = await rig.ledger.dueGifts(later, 1_000, { part: 0, of: 1 });
    expect(due).toEqual(expect.arrayContaining([quiet.id, opened.id]));
    for (const gift of [quiet, opened]) {
      await rig.act(gift, 'cancel');
      await rig.untilClosed(gift);
    }
  });
});
