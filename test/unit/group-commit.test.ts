import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import { AGAIN, GroupCommit } from '../../src/ledger/postgres/group-commit.ts';

type Call = { shard: string | string[]; value: number };

/** A group commit over a run that records its batches. */
function recorded(
  answer: (call: Call, attempt: number) => number | typeof AGAIN = (call) => call.value,
  options: { writers?: number; most?: number; join?: number; before?: (batch: Call[]) => Promise<void> } = {},
) {
  const batches: Call[][] = [];
  const attempts = new Map<Call, number>();
  const group = new GroupCommit<Call, number>({
    writers: options.writers ?? 1,
    most: options.most ?? 100,
    join: options.join ?? 1,
    shardOf: (call) => call.shard,
    run: async (batch) => {
      batches.push(batch);
      await options.before?.(batch);
      await sleep(1);
      return batch.map((call) => {
        attempts.set(call, (attempts.get(call) ?? 0) + 1);
        return answer(call, attempts.get(call) ?? 0);
      });
    },
  });
  return { group, batches, sizes: () => batches.map((batch) => batch.length) };
}

const calls = (count: number, shard = 'a'): Call[] =>
  Array.from({ length: count }, (_, value) => ({ shard, value }));

describe('group commit', () => {
  test('a lone call goes alone and at once', async () => {
    const { group, sizes } = recorded();
    expect(await group.submit({ shard: 'a', value: 7 })).toBe(7);
    expect(sizes()).toEqual([1]);
  });

  test('calls of one turn go together, each gets its own answer', async () => {
    const { group, sizes } = recorded();
    const answers = await Promise.all(calls(50).map((call) => group.submit(call)));
    expect(answers).toEqual(calls(50).map(({ value }) => value));
    expect(sizes()).toEqual([50]);
  });

  test('a batch is never larger than the most', async () => {
    const { group, sizes } = recorded(undefined, { most: 32 });
    await Promise.all(calls(100).map((call) => group.submit(call)));
    expect(sizes()).toEqual([32, 32, 32, 4]);
  });

  test('calls made while the writer is busy wait and then go together', async () => {
    const { group, sizes } = recorded();
    const first = group.submit({ shard: 'a', value: 0 });
    await setImmediate();
    const rest = calls(10).map((call) => group.submit(call));
    await Promise.all([first, ...rest]);
    expect(sizes()).toEqual([1, 10]);
  });

  test('enough calls for two writers are shared by both, the longest waiting first', async () => {
    const { group, batches } = recorded(undefined, { writers: 2, join: 3 });
    const apart = (count: number) => calls(count).map(({ value }) => ({ shard: `shard-${value}`, value }));
    await Promise.all(apart(7).map((call) => group.submit(call)));
    expect(batches.map((batch) => batch.map(({ value }) => value))).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6],
    ]);
  });

  test('calls that lock the same stay in one batch, however many writers are free', async () => {
    const { group, sizes } = recorded(undefined, { writers: 2, join: 3 });
    await Promise.all(calls(20).map((call) => group.submit(call)));
    expect(sizes()).toEqual([20]);
  });

  test('a call with several shards waits while any of them is in a running batch', async () => {
    const { group, batches } = recorded(undefined, { writers: 2, join: 1, before: () => sleep(5) });
    const first = group.submit({ shard: ['a', 'b'], value: 0 });
    await setImmediate();
    const rest = [
      group.submit({ shard: ['b', 'c'], value: 1 }),
      group.submit({ shard: ['d', 'e'], value: 2 }),
    ];
    await setImmediate();
    expect(batches.map((batch) => batch.map(({ value }) => value))).toEqual([[0], [2]]);
    await Promise.all([first, ...rest]);
    expect(batches).toHaveLength(3);
  });

  test('a second writer joins a busy one when enough calls wait, and not before', async () => {
    const { group, sizes } = recorded(undefined, { writers: 2, join: 4, before: () => sleep(5) });
    const apart = (count: number) => calls(count).map(({ value }) => ({ shard: `shard-${value}`, value }));
    const few = [group.submit({ shard: 'x', value: 0 })];
    await setImmediate();
    few.push(...apart(3).map((call) => group.submit(call)));
    await Promise.all(few);
    expect(sizes()).toEqual([1, 3]);
    const many = [group.submit({ shard: 'x', value: 0 })];
    await setImmediate();
    many.push(...apart(4).map((call) => group.submit(call)));
    await setImmediate();
    expect(sizes()).toEqual([1, 3, 1, 4]);
    await Promise.all(many);
  });

  test('calls of a shard that is being written wait, and let others pass', async () => {
    const { group, batches } = recorded(undefined, { writers: 2, before: () => sleep(5) });
    const first = group.submit({ shard: 'a', value: 0 });
    await setImmediate();
    const rest = [
      { shard: 'a', value: 1 },
      { shard: 'b', value: 2 },
      { shard: 'a', value: 3 },
    ].map((call) => group.submit(call));
    await Promise.all([first, ...rest]);
    expect(batches.map((batch) => batch.map(({ value }) => value))).toEqual([[0], [2], [1, 3]]);
  });

  test('a call that asks to go again goes into a later batch', async () => {
    const { group, sizes } = recorded((call, attempt) =>
      call.value === 3 && attempt < 3 ? AGAIN : call.value,
    );
    const answers = await Promise.all(calls(5).map((call) => group.submit(call)));
    expect(answers).toEqual([0, 1, 2, 3, 4]);
    expect(sizes()).toEqual([5, 1, 1]);
  });

  test('one call that the database cannot take fails alone', async () => {
    const { group } = recorded(undefined, {
      before: async (batch) => {
        if (batch.some(({ value }) => value === 5)) throw new Error('poison');
      },
    });
    const answers = await Promise.allSettled(calls(10).map((call) => group.submit(call)));
    expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
      0,
      1,
      2,
      3,
      4,
      'failed',
      6,
      7,
      8,
      9,
    ]);
    expect(await group.submit({ shard: 'a', value: 11 })).toBe(11);
  });

  test('when the database is away all fail together: they do not wait for it one after the other', async () => {
    const { group, sizes } = recorded(undefined, {
      before: async () => {
        throw new BoonError('unavailable', 'The ledger does not answer.');
      },
    });
    const answers = await Promise.allSettled(calls(10).map((call) => group.submit(call)));
    expect(answers.every((answer) => answer.status === 'rejected')).toBe(true);
    expect(sizes()).toEqual([10]);
  });

  test('calls of one shard keep their order, and never run beside each other', async () => {
    const running = new Set<string>();
    const order = new Map<string, number[]>();
    const { group } = recorded(undefined, {
      writers: 4,
      most: 3,
      before: async (batch) => {
        for (const shard of new Set(batch.map((call) => String(call.shard)))) {
          expect(running).not.toContain(shard);
          running.add(shard);
        }
        await sleep(Math.random() * 5);
        for (const { shard, value } of batch)
          order.set(String(shard), [...(order.get(String(shard)) ?? []), value]);
        for (const call of batch) running.delete(String(call.shard));
      },
    });
    const all = calls(20).flatMap(({ value }) =>
      ['a', 'b', 'c', 'd', 'e', 'f'].map((shard) => ({ shard, value })),
    );
    await Promise.all(all.map((call) => group.submit(call)));
    for (const values of order.values()) expect(values).toEqual(calls(20).map(({ value }) => value));
    expect(order.size).toBe(6);
  });

  test('several writers are busy at once', async () => {
    let busy = 0;
    let most = 0;
    const { group } = recorded(undefined, {
      writers: 2,
      most: 5,
      before: async () => {
        busy += 1;
        most = Math.max(most, busy);
        await sleep(5);
        busy -= 1;
      },
    });
    await Promise.all(
      Array.from({ length: 20 }, (_, value) => group.submit({ shard: `shard-${value}`, value })),
    );
    expect(most).toBe(2);
  });
});

/** As PostgreSQL says that a lock was not to be had in time. */
const LOCKED = Object.assign(new Error('canceling statement due to lock timeout'), { code: '55P03' });

describe('no call waits without end', () => {
  test('a call that was sent again goes ahead of those that came later', async () => {
    const { group, batches } = recorded(
      (call, attempt) => (call.value === 0 && attempt === 1 ? AGAIN : call.value),
      { most: 2 },
    );
    await Promise.all(calls(6).map((call) => group.submit(call)));
    expect(batches.map((batch) => batch.map(({ value }) => value))).toEqual([[0, 1], [0, 2], [3, 4], [5]]);
  });

  test('a call that is always sent again beside others of its shard goes without them', async () => {
    let submitted = 0;
    let done = false;
    const group: GroupCommit<Call, number> = new GroupCommit<Call, number>({
      writers: 2,
      most: 100,
      join: 4,
      shardOf: (call) => call.shard,
      run: async (batch) => {
        await sleep(1);
        return batch.map((call) =>
          call.value < 0 && batch.some(({ value }) => value >= 0) ? AGAIN : call.value,
        );
      },
    });
    const own = group.submit({ shard: 'org', value: -1 }).then(() => {
      done = true;
    });
    // Members come for as long as it waits, each as soon as one is served.
    const member = async () => {
      while (!done && submitted < 2_000) {
        submitted += 1;
        await group.submit({ shard: ['member', 'org'], value: submitted });
      }
    };
    await Promise.all([own, ...Array.from({ length: 8 }, member)]);
    expect(submitted).toBeLessThan(100);
  });

  test('a call without a shard that is always sent again beside others goes alone', async () => {
    const { group, sizes } = recorded();
    const alone = new GroupCommit<number, number>({
      writers: 1,
      most: 100,
      join: 1,
      shardOf: () => [],
      run: async (batch) => batch.map((value) => (value === 0 && batch.length > 1 ? AGAIN : value)),
    });
    let more = true;
    const others = (async () => {
      for (let n = 1; more && n < 1_000; n++) await Promise.all([alone.submit(n), alone.submit(n)]);
    })();
    expect(await alone.submit(0)).toBe(0);
    more = false;
    await others;
    expect(await group.submit({ shard: 'a', value: 1 })).toBe(1);
    expect(sizes()).toEqual([1]);
  });

  test('a call with two shards is not passed for ever by those that need one of them', async () => {
    const { group, batches } = recorded(undefined, { writers: 2, join: 1, before: () => sleep(2) });
    let done = false;
    const stream = async (shard: string) => {
      for (let n = 0; !done && n < 200; n++) await group.submit({ shard, value: n });
    };
    const streams = [stream('a'), stream('b'), stream('a'), stream('b')];
    await setImmediate();
    await group.submit({ shard: ['a', 'b'], value: -1 });
    done = true;
    await Promise.all(streams);
    expect(batches.length).toBeLessThan(20);
  });

  test('one more call waits 50 ms for company beside a busy writer, and not until that is free', async () => {
    let free: (() => void) | undefined;
    const group = new GroupCommit<Call, number>({
      writers: 2,
      most: 100,
      join: 4,
      shardOf: (call) => call.shard,
      run: async (batch) => {
        if (batch.some(({ shard }) => shard === 'stuck'))
          await new Promise<void>((resolve) => (free = resolve));
        return batch.map(({ value }) => value);
      },
    });
    const stuck = group.submit({ shard: 'stuck', value: 1 });
    await setImmediate();
    expect(await group.submit({ shard: 'other', value: 2 })).toBe(2);
    free?.();
    expect(await stuck).toBe(1);
  });

  test('calls that meet a locked row step aside: the others of their batch and those after them go on', async () => {
    let locked = true;
    const waits: string[] = [];
    const group = new GroupCommit<Call, number>({
      writers: 1,
      most: 100,
      join: 1,
      shardOf: (call) => call.shard,
      run: async (batch, wait) => {
        waits.push(wait);
        if (locked && batch.some(({ shard }) => shard === 'locked')) throw LOCKED;
        return batch.map(({ value }) => value);
      },
    });
    const held = [1, 2, 3].map((value) => group.submit({ shard: 'locked', value }));
    const beside = group.submit({ shard: 'a', value: 4 });
    expect(await beside).toBe(4);
    expect(waits).toEqual(['usual', 'short', 'short']);
    held.push(group.submit({ shard: 'locked', value: 5 }));
    expect(await group.submit({ shard: 'b', value: 6 })).toBe(6);
    locked = false;
    expect(await Promise.all(held)).toEqual([1, 2, 3, 5]);
    expect(await group.submit({ shard: 'locked', value: 7 })).toBe(7);
  });

  test('a call whose row stays locked is unavailable after its time, and those after it are tried', async () => {
    const group = new GroupCommit<Call, number>({
      writers: 1,
      most: 100,
      join: 1,
      lockedMs: 250,
      shardOf: (call) => call.shard,
      run: async (batch) => {
        if (batch.some(({ value }) => value === 1)) throw LOCKED;
        return batch.map(({ value }) => value);
      },
    });
    const first = group.submit({ shard: 'a', value: 1 });
    await sleep(50);
    const second = group.submit({ shard: 'a', value: 2 });
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    expect(await second).toBe(2);
  });

  test('a call is unavailable when its batch never ends, and one behind it too', async () => {
    const group = new GroupCommit<Call, number>({
      writers: 1,
      most: 100,
      join: 1,
      patienceMs: 100,
      shardOf: (call) => call.shard,
      run: () => new Promise(() => undefined),
    });
    const first = group.submit({ shard: 'a', value: 1 });
    await setImmediate();
    const second = group.submit({ shard: 'b', value: 2 });
    await expect(first).rejects.toMatchObject({ code: 'unavailable' });
    await expect(second).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a fault in telling what a call locks is its caller’s alone, at first and when it goes again', async () => {
    let asked = 0;
    const group = new GroupCommit<number, number>({
      writers: 1,
      most: 100,
      join: 1,
      shardOf: (value) => {
        if (value === 1) throw new Error('no shard');
        if (value === 2) {
          asked += 1;
          if (asked > 1) throw new Error('no shard any more');
        }
        return 'a';
      },
      run: async (batch) => batch.map((value) => (value === 2 ? AGAIN : value)),
    });
    const answers = await Promise.allSettled([1, 2, 3].map((value) => group.submit(value)));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    expect(await group.submit(4)).toBe(4);
  });
});
