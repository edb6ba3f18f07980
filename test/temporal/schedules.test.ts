import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gift } from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import {
  type ExpiryReport,
  type ReconcileReport,
  SCHEDULES,
  TASK_QUEUE,
} from '../../src/contracts/temporal.ts';
import type { Recorded } from '../../src/ledger/postgres/recorded.ts';
import { keepSchedules } from '../../src/temporal/schedules.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newGiftId, newKey } from '../support/test-ledger.ts';

const MINUTE = 60_000;

let rig: GiftRig;
beforeAll(async () => {
  rig = await giftRig(await devNamespace(), {
    policy: {
      gifts: {
        settlement: 'PT1H',
        limits: { per_day: { count: 100 } },
        screening: { velocity: { verdict: 'allow' } },
      },
    },
  });
  await keepSchedules(rig.client, TASK_QUEUE);
  // The schedules' own times would mix with the tests' runs.
  for (const id of Object.values(SCHEDULES)) await rig.client.schedule.getHandle(id).pause('tests run it');
  await rig.seed('ada', '1000');
  await rig.seed('bob');
});
afterAll(() => rig.close());

/** Triggers a schedule and waits for the report of the run. */
async function runOnce<Report>(scheduleId: string): Promise<Report> {
  const handle = rig.client.schedule.getHandle(scheduleId);
  const runs = async () => (await handle.describe()).info.recentActions;
  const before = (await runs()).length;
  await handle.trigger('SKIP');
  for (;;) {
    const all = await runs();
    const last = all.at(-1);
    if (all.length > before && last !== undefined) {
      const { workflowId, firstExecutionRunId } = last.action.workflow;
      rig.replayLater(workflowId);
      return await rig.client.workflow.getHandle(workflowId, firstExecutionRunId).result();
    }
    await rig.sleep(50);
  }
}

/** A gift that the ledger accepted so long ago. Nothing starts its process. */
async function acceptedAgo(milliseconds: number): Promise<Gift> {
  const accepted: Recorded<Gift> = await rig.ledger.acceptGift({
    key: newKey('accept'),
    id: newGiftId(),
    at: new Date(Date.now() - milliseconds).toISOString(),
    from: 'ada',
    to: { account_id: 'bob' },
    amount: '10',
    funding: 'transfer',
    message: null,
  });
  return accepted.value;
}

async function startProcess(gift: Gift): Promise<void> {
  const open = acceptedGift(gift);
  if (open === undefined) throw new Error('the gift has ended');
  await rig.process.start(open);
  await isInLists(gift);
  rig.replayLater(`gift/${gift.id}`);
}

const statusOf = async (gift: Gift) =>
  (await rig.client.workflow.getHandle(`gift/${gift.id}`).describe()).status.name;

/** The status that lists show, which follow a little later. */
async function statusInLists(gift: Gift): Promise<string | undefined> {
  let status: string | undefined;
  for await (const run of rig.client.workflow.list({ query: `WorkflowId = "gift/${gift.id}"` })) {
    if (status !== 'RUNNING') status = run.status.name;
  }
  return status;
}

/** What lists do not show yet is taken for missing, and told to be started once more. */
const isInLists = (gift: Gift) => expect.poll(() => statusInLists(gift), { timeout: 20_000 }).toBe('RUNNING');

describe('reconcile', () => {
  test('starts what the ledger holds open and Temporal does not run, and leaves alone what runs', async () => {
    const runs = await acceptedAgo(10 * MINUTE);
    await startProcess(runs);
    const missing = await acceptedAgo(10 * MINUTE);
    const due = await acceptedAgo(61 * MINUTE);
    const young = await acceptedAgo(10_000);
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    expect(report).toMatchObject({ checked: 3, started: 2, advanced: 0, lost_gifts: { started: 0 } });
    expect(report.sealed_blocks).toBeGreaterThan(0);
    expect(await statusOf(missing)).toBe('RUNNING');
    await isInLists(missing);
    await rig.until(due, 'settled');
    await expect(statusOf(young)).rejects.toThrow(/not found/i);
    rig.replayLater(`gift/${missing.id}`, `gift/${due.id}`);
  });

  test('looks again only at what was accepted since its last run', async () => {
    await acceptedAgo(50 * MINUTE);
    const recent = await acceptedAgo(2 * MINUTE);
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    // Of two from the test before, within the overlap, one was told to be started.
    expect(report).toMatchObject({ checked: 2, started: 1 });
    expect(await statusOf(recent)).toBe('RUNNING');
    await isInLists(recent);
    // What this run started is not asked for again.
    expect(await runOnce<ReconcileReport>(SCHEDULES.reconcile)).toMatchObject({ checked: 0, started: 0 });
  });

  test('does not ask Temporal about a gift whose process was reported as started', async () => {
    const told = await acceptedAgo(3 * MINUTE);
    await startProcess(told);
    // Starts are noted together, a moment after the answer.
    const notes = () => rig.own.sql('SELECT FROM boon.gift_starts WHERE gift_id = $1', [told.id]);
    await expect.poll(async () => (await notes()).length, { timeout: 20_000 }).toBe(1);
    expect(await runOnce<ReconcileReport>(SCHEDULES.reconcile)).toMatchObject({ checked: 0, started: 0 });
  });

  test('starts the process of a gift again that was terminated long after it was accepted', async () => {
    const terminated = await acceptedAgo(30 * MINUTE);
    await startProcess(terminated);
    const handle = rig.client.workflow.getHandle(`gift/${terminated.id}`);
    await handle.terminate('an operator made a mistake');
    await expect.poll(() => statusInLists(terminated), { timeout: 20_000 }).toBe('TERMINATED');
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    expect(report).toMatchObject({ checked: 0, lost_gifts: { started: 1 } });
    expect(await statusOf(terminated)).toBe('RUNNING');
    await expect.poll(() => statusInLists(terminated), { timeout: 20_000 }).toBe('RUNNING');
    expect(await runOnce<ReconcileReport>(SCHEDULES.reconcile)).toMatchObject({ lost_gifts: { started: 0 } });
  });

  test('starts the process of a gift of which Temporal knows nothing, though it was reported as started', async () => {
    const forgotten = await acceptedAgo(40 * MINUTE);
    const young = await acceptedAgo(2 * MINUTE);
    await rig.ledger.noteGiftStarts([forgotten.id, young.id], new Date().toISOString());
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    expect(report).toMatchObject({ checked: 0, lost_gifts: { started: 2 } });
    expect([await statusOf(forgotten), await statusOf(young)]).toEqual(['RUNNING', 'RUNNING']);
  });

  test('leaves alone what was terminated after its gift had ended', async () => {
    const canceled = await acceptedAgo(5 * MINUTE);
    await startProcess(canceled);
    await rig.client.workflow.getHandle(`gift/${canceled.id}`).terminate('an operator made a mistake');
    await rig.ledger.actOnGift({
      key: newKey('cancel'),
      gift_id: canceled.id,
      action: 'cancel',
      at: new Date().toISOString(),
      by: 'test',
      reason: 'because',
    });
    await expect.poll(() => statusInLists(canceled), { timeout: 20_000 }).toBe('TERMINATED');
    expect(await runOnce<ReconcileReport>(SCHEDULES.reconcile)).toMatchObject({ lost_gifts: { started: 0 } });
    expect(await statusOf(canceled)).toBe('TERMINATED');
  });

  test('ends a gift itself once it is ten minutes late', async () => {
    const late = await acceptedAgo(71 * MINUTE);
    const notYet = await acceptedAgo(69 * MINUTE);
    // Their processes, which it starts as well, look at the ledger only when the worker comes to them.
    await rig.own.sql(
      `INSERT INTO boon.stuck_items (what, item, since, tried_at, tries, last_error, next_try_at)
       SELECT what, id, now(), now(), 1, 'a test', now() + interval '1 day'
       FROM unnest($1::text[]) AS id, unnest(ARRAY['gift_starts', 'lost_gifts']) AS what`,
      [[late.id, notYet.id]],
    );
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    expect(report).toMatchObject({ advanced: 1 });
    expect(await rig.ledger.findGift(late.id)).toMatchObject({ status: 'settled' });
    expect(await rig.ledger.findGift(notYet.id)).toMatchObject({ status: 'pending' });
    await rig.own.sql('DELETE FROM boon.stuck_items');
  });

  test('signals a process that waits for the end of a freeze that the gift has settled', async () => {
    // Accepted long ago and frozen at once: the hold's end is far off when the process first looks.
    const gift = await acceptedAgo(75 * MINUTE);
    const past = (minutes: number) => new Date(Date.now() - minutes * MINUTE).toISOString();
    await rig.ledger.putAccount('bob', { plan: 'plus', status: 'frozen' }, past(74));
    await startProcess(gift);
    await rig.client.workflow.getHandle(`gift/${gift.id}`).executeUpdate('refresh');
    expect(await rig.client.workflow.getHandle(`gift/${gift.id}`).query('status')).toMatchObject({
      status: 'held',
    });
    await rig.ledger.putAccount('bob', { plan: 'plus', status: 'active' }, past(73));
    const report = await runOnce<ReconcileReport>(SCHEDULES.reconcile);
    expect(report.advanced).toBeGreaterThanOrEqual(1);
    expect(await rig.ledger.findGift(gift.id)).toMatchObject({ status: 'settled' });
    await rig.untilClosed(gift);
  });
});

describe('expiry', () => {
  test('posts the expiry of lots that are due, and only of those', async () => {
    await rig.seed('carl');
    for (const [amount, minutes] of [
      ['30', -1],
      ['20.5', -5],
      ['7', 60],
    ] as const) {
      await rig.ledger.grant({
        key: newKey('grant'),
        at: new Date(Date.now() - 10 * MINUTE).toISOString(),
        account_id: 'carl',
        amount,
        source: 'purchased',
        expires_at: new Date(Date.now() + minutes * MINUTE).toISOString(),
        giftable: true,
        reason: 'to expire',
      });
    }
    const report = await runOnce<ExpiryReport>(SCHEDULES.expiry);
    expect(report).toMatchObject({ lots_expired: 2, credits_expired: '50.5' });
    expect(await rig.available('carl')).toBe('7');
    const { data } = await rig.ledger.statement('carl', { limit: 10 });
    expect(
      data
        .filter(({ kind }) => kind === 'expired')
        .map(({ amount }) => amount)
        .sort(),
    ).toEqual(['-20.5', '-30']);
    expect(await runOnce<ExpiryReport>(SCHEDULES.expiry)).toMatchObject({
      lots_expired: 0,
      credits_expired: '0',
    });
  });
});

describe('the schedules', () => {
  test('are readable and stay paused when a worker starts again', async () => {
    await Promise.all([keepSchedules(rig.client, TASK_QUEUE), keepSchedules(rig.client, TASK_QUEUE)]);
    const described = await rig.client.schedule.getHandle(SCHEDULES.reconcile).describe();
    expect(described.state).toMatchObject({ paused: true, note: 'tests run it' });
    expect(described.spec.intervals).toMatchObject([{ every: MINUTE }]);
    expect(described.policies.overlap).toBe('SKIP');
    expect(described.action).toMatchObject({ workflowRunTimeout: 30 * MINUTE });
    expect(described.memo).toEqual({ what: 'Holds ledger and Temporal together' });
  });
});
