import { afterEach, expect, test } from 'vitest';
import {
  createStartQueue,
  type StartQueue,
  type StartQueueOptions,
} from '../../src/http/route/start-queue.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { createMetrics, type Metrics } from '../../src/observability/metrics.ts';

let queue: StartQueue;
let metrics: Metrics;
afterEach(() => queue.close(0));

function open(options: Partial<StartQueueOptions> = {}): void {
  metrics = createMetrics();
  queue = createStartQueue({
    metrics,
    logger: createLogger('silent'),
    size: 100,
    concurrency: 4,
    ...options,
  });
}

/** Calls that end when they are told to. */
function held() {
  const begun: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const call = (name: string) => () =>
    new Promise<void>((resolve, reject) => {
      begun.push(name);
      ends.set(name, { resolve, reject });
    });
  return { begun, ends, call };
}

async function counts(): Promise<Record<string, number>> {
  const { values } = await metrics.starts.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.outcome, value]));
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('what is asked is done later, in its order, and only so much at once', async () => {
  open({ concurrency: 2 });
  const { begun, ends, call } = held();
  for (const name of ['a', 'b', 'c', 'd']) queue.add(name, 'start', call(name));
  expect(begun, 'not before the answer').toEqual([]);
  await turn();
  expect(begun).toEqual(['a', 'b']);
  ends.get('b')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'c']);
  for (const name of ['a', 'c']) ends.get(name)?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'c', 'd']);
  ends.get('d')?.resolve();
  await queue.idle();
  expect(await counts()).toEqual({ started: 4 });
  expect(queue.backlog()).toMatchObject({ waiting: 0, full: false });
});

test('while answers need all of the machine, one process is asked at a time', async () => {
  let busy = true;
  open({ concurrency: 3, isBusy: () => busy });
  const { begun, ends, call } = held();
  for (const name of ['a', 'b', 'c', 'd']) queue.add(name, 'start', call(name));
  await turn();
  expect(begun).toEqual(['a']);
  ends.get('a')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b']);
  busy = false;
  ends.get('b')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['a', 'b', 'c', 'd']);
  for (const name of ['c', 'd']) ends.get(name)?.resolve();
  await queue.idle();
});

test('one process is asked one thing at a time, what it waits for longest first', async () => {
  open();
  const { begun, ends, call } = held();
  queue.add('a', 'start', call('start'));
  queue.add('a', 'tell', call('tell'));
  await turn();
  expect(begun).toEqual(['start']);
  queue.add('a', 'tell more', call('tell more'));
  ends.get('start')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['start', 'tell']);
  await turn();
  expect(begun).toEqual(['start', 'tell']);
  ends.get('tell')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['start', 'tell', 'tell more']);
  ends.get('tell more')?.resolve();
  await queue.idle();
  expect(await counts()).toEqual({ started: 1, told: 2 });
});

test('the same thing asked twice while it waits is asked once, the later way', async () => {
  open({ concurrency: 1 });
  const { begun, ends, call } = held();
  queue.add('first', 'start', call('first'));
  await turn();
  queue.add('a', 'tell', call('joined'));
  queue.add('a', 'tell', call('ended'));
  ends.get('first')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toEqual(['first', 'ended']);
  ends.get('ended')?.resolve();
  await queue.idle();
  expect(begun).toEqual(['first', 'ended']);
});

test('without room it is left to the schedule, and it says that it is full until half of it is done', async () => {
  open({ size: 4, concurrency: 1 });
  const { begun, ends, call } = held();
  queue.add('running', 'start', call('running'));
  await turn();
  for (const name of ['a', 'b', 'c']) queue.add(name, 'start', call(name));
  expect(queue.backlog()).toMatchObject({ waiting: 3, full: false });
  queue.add('d', 'start', call('d'));
  expect(queue.backlog()).toMatchObject({ waiting: 4, full: true });
  queue.add('e', 'start', call('e'));
  queue.add('d', 'tell', call('told'));
  expect(queue.backlog()).toMatchObject({ waiting: 4, full: true });
  expect(await counts()).toEqual({ dropped: 1 });
  ends.get('running')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toContain('a');
  expect(queue.backlog()).toMatchObject({ waiting: 3, full: true });
  ends.get('a')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toContain('b');
  ends.get('b')?.resolve();
  await expect.poll(() => begun, { timeout: 10_000 }).toContain('c');
  expect(queue.backlog()).toMatchObject({ waiting: 1, full: false });
  for (const name of ['c', 'd', 'told']) {
    await expect.poll(() => begun, { timeout: 10_000 }).toContain(name);
    ends.get(name)?.resolve();
  }
  await queue.idle();
  expect(begun).not.toContain('e');
});

test('it shows how long the oldest has waited', async () => {
  open({ concurrency: 1 });
  const { ends, call } = held();
  expect(queue.backlog().oldest).toBe(0);
  queue.add('a', 'start', call('a'));
  await expect.poll(() => queue.backlog().oldest, { timeout: 10_000 }).toBeGreaterThan(0.05);
  queue.add('b', 'start', call('b'));
  expect(queue.backlog().oldest, 'the one under way is the oldest').toBeGreaterThan(0.05);
  ends.get('a')?.resolve();
  await expect.poll(() => ends.has('b'), { timeout: 10_000 }).toBe(true);
  expect(queue.backlog().oldest).toBeLessThan(60);
  ends.get('b')?.resolve();
  await queue.idle();
  expect(queue.backlog().oldest).toBe(0);
});

test('while Temporal is away one process alone asks now and then, and all are started once it is back', async () => {
  open();
  let isAway = true;
  let tries = 0;
  const started: string[] = [];
  const start = (name: string) => async () => {
    tries += 1;
    if (isAway) throw new Error('away');
    started.push(name);
  };
  for (let i = 0; i < 20; i += 1) queue.add(`${i}`, 'start', start(`${i}`));
  await expect.poll(async () => (await counts()).failed, { timeout: 10_000 }).toBeGreaterThanOrEqual(5);
  expect(tries, 'those at once, and one a pause').toBeLessThanOrEqual(6);
  expect(queue.backlog().waiting).toBe(20);
  isAway = false;
  await queue.idle();
  expect(started.toSorted((one, other) => Number(one) - Number(other))).toEqual(
    Array.from({ length: 20 }, (_, i) => `${i}`),
  );
  expect((await counts()).dropped).toBeUndefined();
});

test('a process that fails each time lets the others by, and is left to the schedule in the end', async () => {
  open({ concurrency: 1, pause: 10 });
  const started: string[] = [];
  let tries = 0;
  queue.add('poison', 'start', async () => {
    tries += 1;
    throw new Error('not this one');
  });
  queue.add('good', 'start', async () => void started.push('good'));
  await queue.idle();
  expect(started).toEqual(['good']);
  expect(tries).toBe(5);
  expect(await counts()).toEqual({ started: 1, failed: 5, dropped: 1 });
});

test('a call that never ends is given up', async () => {
  open({ patience: 20 });
  queue.add('a', 'start', () => new Promise(() => undefined));
  await expect.poll(async () => (await counts()).failed, { timeout: 10_000 }).toBe(1);
});

test('closing does what waits and takes nothing more', async () => {
  open({ concurrency: 1 });
  const started: string[] = [];
  for (const name of ['a', 'b', 'c']) queue.add(name, 'start', async () => void started.push(name));
  await queue.close();
  expect(started).toEqual(['a', 'b', 'c']);
  queue.add('d', 'start', async () => void started.push('d'));
  await turn();
  expect(started).toEqual(['a', 'b', 'c']);
  expect(await counts()).toEqual({ started: 3, dropped: 1 });
});

test('closing does not wait for a Temporal that is away', async () => {
  open();
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
    queue.add(name, 'start', () => Promise.reject(new Error('away')));
  }
  await expect.poll(async () => (await counts()).failed, { timeout: 10_000 }).toBe(4);
  await queue.close(600_000);
  expect(await counts()).toEqual({ failed: 5, dropped: 6 });
});

test('closing waits for so long and no longer', async () => {
  open({ concurrency: 1 });
  const { call } = held();
  for (const name of ['a', 'b']) queue.add(name, 'start', call(name));
  await turn();
  await queue.close(20);
  expect(await counts()).toEqual({ dropped: 1 });
});
