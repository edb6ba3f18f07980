/**
 * The arrangement of docker-compose.yml as processes, under load over HTTP, while its parts are killed one after the
 * other: whatever was accepted ends, once.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Transfer } from '../../src/client/index.ts';
import { type Deployment, deploy } from './support/deployment.ts';
import { answered, type Given, type Load, startLoad } from './support/load.ts';
import { hasReconciledByItself, processOf, triggerReconcile } from './support/temporal-look.ts';

// The first run on a machine builds Temporal with Go; a fault may take as long as `reconcile` takes to come round.
vi.setConfig({ hookTimeout: 1_200_000, testTimeout: 600_000 });

const ACCOUNTS = Array.from({ length: 10 }, (_, at) => `user_${at}`);
const CREDITS = 10_000;
const SETTLEMENT_MS = 3_000;
const NO_LIMIT = { count: 1_000_000, amount: '1000000' };
const POLICY = {
  gifts: {
    settlement: `PT${SETTLEMENT_MS / 1000}S`,
    limits: { per_day: NO_LIMIT, per_month: NO_LIMIT },
    screening: Object.fromEntries(
      ['velocity', 'fan_in', 'fan_out', 'circle'].map((rule) => [rule, { verdict: 'allow' }]),
    ),
  },
};

let boon: Deployment;
/** Everything that was given, by every test but the first. */
const given: Given[] = [];
/** Held in the first test, until the last. */
let held: Transfer;

beforeAll(async () => {
  boon = await deploy(POLICY);
  const established = {
    identity_verified_at: '2026-01-01T00:00:00.000Z',
    created_at: '2025-01-01T00:00:00.000Z',
  };
  for (const id of ACCOUNTS) {
    await boon.client.accounts.put(id, { plan: 'plus', ...established });
    await boon.client.grants.create({
      account_id: id,
      amount: `${CREDITS}`,
      source: 'purchased',
      giftable: true,
      reason: 'a purchase',
    });
  }
});
afterAll(() => boon?.close());
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') console.error(await boon.outputs());
});

/** Gives until the test has finished. */
function underLoad(): Load {
  const load = startLoad(boon.client, ACCOUNTS, 2, 500);
  onTestFinished(async () => {
    await load.stop();
    given.push(...load.given);
  });
  return load;
}

/**
 * Milliseconds until gifts settle in their time again. One is given each second: while parts are away, the start of a
 * process is left to `reconcile`, and the first ones wait for it.
 */
async function untilGiftsSettle(fault: string): Promise<number> {
  const began = performance.now();
  const probes: Given[] = [];
  while (performance.now() - began < 300_000) {
    const request = { from: 'user_0', to: { account_id: 'user_1' }, amount: '1' };
    const key = `after-${fault}-${probes.length}`;
    const { id } = await answered(() => boon.client.transfers.create(request, { idempotencyKey: key }));
    probes.push({ key, request, id });
    await pause(1_000);
    const settled = await boon.sql(`SELECT FROM boon.gifts WHERE id = ANY($1) AND status = 'settled'`, [
      probes.map((probe) => probe.id),
    ]);
    if (settled.length > 0) {
      given.push(...probes);
      return performance.now() - began;
    }
  }
  throw new Error(`No gift has settled since ${fault} came back`);
}

/** How many gifts have not ended, but for the held one. */
async function openGifts(): Promise<number> {
  const [row] = await boon.sql(
    `SELECT count(*)::int AS open FROM boon.gifts WHERE deadline IS NOT NULL AND status <> 'held'`,
  );
  return Number(row?.open);
}

function say(what: string, milliseconds: number): void {
  console.log(`${what}: ${(milliseconds / 1000).toFixed(1)} s`);
}

test('gifts settle, are claimed, canceled, held and reversed, end to end over HTTP', async () => {
  const { transfers } = boon.client;
  const to = { account_id: 'user_1' };
  // Each is acted on at once: a gift settles after three seconds.
  const canceled = await transfers.create({ from: 'user_0', to, amount: '1' });
  await transfers.cancel(canceled.id, { reason: 'wrong person' });
  held = await transfers.create({ from: 'user_0', to, amount: '1' });
  await transfers.hold(held.id, { reason: 'reported' });
  const settling = await transfers.create({ from: 'user_0', to, amount: '1' });
  const mailed = await transfers.create({ from: 'user_0', to: { email: 'eve@example.com' }, amount: '1' });
  const token = mailed.claim_url?.split('#token=')[1] ?? '';
  await transfers.claim(mailed.id, { token, account_id: 'user_1' });
  await vi.waitFor(async () => expect((await transfers.get(settling.id)).status).toBe('settled'), {
    timeout: 60_000,
  });
  await vi.waitFor(async () => expect((await transfers.get(mailed.id)).status).toBe('settled'), {
    timeout: 60_000,
  });
  expect((await transfers.get(canceled.id)).status).toBe('canceled');
  expect((await transfers.get(held.id)).status).toBe('held');
  const { reversal } = await transfers.reverse(mailed.id, { reason: 'a mistake' });
  expect(reversal).toEqual({ recovered: '1', unrecovered: '0' });
});

test('the API server killed between its answer and the start of the process: the gift is there, once, without a process', async () => {
  const request = { from: 'user_0', to: { account_id: 'user_1' }, amount: '1' };
  const ask = (message: string, idempotencyKey: string) =>
    answered(() => boon.client.transfers.create({ ...request, message }, { idempotencyKey }));
  boon.wire.interrupt();
  await ask('crash 1', 'crash-1');
  const { id } = await ask('crash 2', 'crash-2');
  await boon.killServer();
  boon.wire.repair();
  await boon.startServer();

  // Asked again, it is the same gift, and its process is started at once.
  expect((await ask('crash 2', 'crash-2')).id).toBe(id);
  const accepted = await boon.sql(`SELECT FROM boon.gifts WHERE message LIKE 'crash %'`);
  expect(accepted).toHaveLength(2);
  given.push({ key: 'crash-2', request: { ...request, message: 'crash 2' }, id });
  await vi.waitFor(async () => expect((await boon.client.transfers.get(id)).status).toBe('settled'), {
    timeout: 60_000,
  });
  const process = await processOf(boon.temporal.address, await giftSaying('crash 1'));
  const [left] = await boon.sql(
    `SELECT status, deadline < now() AS overdue, deadline > now() - interval '50 seconds' AS fresh
     FROM boon.gifts WHERE message = 'crash 1'`,
  );
  // Once it is a minute old, as it is by now on a slow machine, `reconcile` starts its process.
  if (left?.fresh === true) {
    expect([process, left]).toEqual([undefined, { status: 'pending', overdue: true, fresh: true }]);
  }
});

test('Temporal killed under load: gifts go on being accepted, and those given later settle as soon as it is back', async () => {
  const load = underLoad();
  await pause(2_000);
  await boon.temporal.end('SIGKILL');
  const before = load.given.length;
  await vi.waitFor(() => expect(load.given.length).toBeGreaterThan(before + 10), { timeout: 60_000 });
  const ready = await fetch(`${boon.serverUrl}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'degraded' }]);
  const began = performance.now();
  await boon.temporal.start();
  say('Temporal killed, started again, answers after', performance.now() - began);
  say('a gift given then has settled after', await untilGiftsSettle('temporal'));
});

test('PostgreSQL killed under load, the store of all: everybody finds back to it', async () => {
  const load = underLoad();
  await pause(2_000);
  await boon.killPostgres();
  await pause(1_000);
  const before = load.given.length;
  const began = performance.now();
  await boon.startPostgres();
  say('PostgreSQL killed, started again, answers after', performance.now() - began);
  await vi.waitFor(() => expect(load.given.length).toBeGreaterThan(before + 10), { timeout: 120_000 });
  say('gifts accepted again after', performance.now() - began);
  say('a gift given then has settled after', await untilGiftsSettle('postgres'));
});

test('both workers settle what one API server accepts', async () => {
  const completedBefore = await boon.completedByWorkers();
  const began = performance.now();
  const load = startLoad(boon.client, ACCOUNTS, 8, 100);
  await vi.waitFor(() => expect(load.given.length).toBeGreaterThan(40), { timeout: 240_000, interval: 20 });
  await load.stop();
  const accepted = performance.now() - began;
  const ids = load.given.map(({ id }) => id);
  const open = () => boon.sql(`SELECT FROM boon.gifts WHERE id = ANY($1) AND status <> 'settled'`, [ids]);
  await vi.waitFor(async () => expect(await open()).toEqual([]), { timeout: 240_000, interval: 50 });
  const ended = performance.now() - began;
  given.push(...load.given);
  const perSecond = (milliseconds: number) => ((load.given.length / milliseconds) * 1000).toFixed(0);
  console.log(
    `${load.given.length} gifts by 8 givers: ${perSecond(accepted)} accepted a second, ${perSecond(ended)} ended`,
  );
  const completed = await boon.completedByWorkers();
  for (const [at, gifts] of completed.entries()) expect(gifts).toBeGreaterThan(completedBefore[at] ?? 0);
});

test('a worker killed under load: the other one goes on with its gifts', async () => {
  const load = underLoad();
  await pause(2_000);
  await boon.killWorker(0);
  say('a worker killed, a gift given then has settled after', await untilGiftsSettle('worker'));
  expect(load.given.length).toBeGreaterThan(0);
});

test('in the end every accepted gift has ended, none twice, and the ledger proves itself', async () => {
  const began = performance.now();
  const { address } = boon.temporal;
  const cameRound = async () => expect(await hasReconciledByItself(address)).toBe(true);
  await vi.waitFor(cameRound, { timeout: 240_000, interval: 1_000 });
  const noneIsOpen = async () => {
    await triggerReconcile(address);
    expect(await openGifts()).toBe(0);
  };
  await vi.waitFor(noneIsOpen, { timeout: 420_000, interval: 8_000 });
  say('everything ended after another', performance.now() - began);

  const [crashed] = await boon.sql(`SELECT id, status FROM boon.gifts WHERE message = 'crash 1'`);
  expect(crashed?.status).toBe('settled');
  const id = await giftSaying('crash 1');
  await vi.waitFor(async () => expect(await processOf(boon.temporal.address, id)).toBe('COMPLETED'), {
    timeout: 120_000,
    interval: 500,
  });
  expect(new Set(given.map(({ id }) => id)).size).toBe(given.length);
  const statuses = await boon.sql(
    'SELECT status, count(*)::int AS count FROM boon.gifts GROUP BY status ORDER BY status::text',
  );
  // All that the ledger has: the given ones, the lost one, and the first test's four.
  expect(statuses).toEqual([
    { status: 'canceled', count: 1 },
    { status: 'held', count: 1 },
    { status: 'reversed', count: 1 },
    { status: 'settled', count: given.length + 2 },
  ]);
  await expectSameAnswers();
  expect(await boon.boon('ledger', 'verify')).toContain('Every invariant holds.');
});

/** Asked again under their keys, all gifts are the same gifts, and balances are what was given. */
async function expectSameAnswers(): Promise<void> {
  const left = [...given];
  const ask = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) {
      const { key, request, id } = one;
      const again = await boon.client.transfers.create(request, { idempotencyKey: key });
      expect(again.id).toBe(id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, ask));
  const [sums] = await boon.sql(
    `SELECT count(*)::int AS gifts, (SELECT sum(credits_posted - debits_posted)::text FROM boon.ledger_accounts) AS owned FROM boon.gifts`,
  );
  expect(sums).toEqual({ gifts: given.length + 5, owned: `${ACCOUNTS.length * CREDITS * 1_000_000}` });
}

test('Temporal lost with all its data: a new, empty one takes over every open gift', async () => {
  await boon.loseTemporal();
  const began = performance.now();
  await triggerReconcile(boon.temporal.address);
  await vi.waitFor(async () => expect(await processOf(boon.temporal.address, held.id)).toBe('RUNNING'), {
    timeout: 240_000,
    interval: 500,
  });
  say('all of Temporal lost, its processes run again after', performance.now() - began);
  await boon.client.transfers.release(held.id);
  await vi.waitFor(async () => expect((await boon.client.transfers.get(held.id)).status).toBe('settled'), {
    timeout: 60_000,
  });
  expect(await boon.boon('ledger', 'verify')).toContain('Every invariant holds.');
});

async function giftSaying(message: string): Promise<string> {
  const [gift] = await boon.sql('SELECT id FROM boon.gifts WHERE message = $1', [message]);
  return String(gift?.id);
}
