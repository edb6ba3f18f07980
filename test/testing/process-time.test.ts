import { expect, test } from 'vitest';
import { processTime } from '../../src/testing/process-time.ts';
import { TestClock } from '../../src/testing/test-clock.ts';

const PRESENT = Date.parse('2031-03-10T12:00:00.000Z');
const SECOND = 1_000;

/** A server whose clock is where it is put. */
class Server {
  time = PRESENT;
  /** Called in the middle of a jump. */
  onTheWay: (time: number) => void = () => undefined;

  async currentTimeMs(): Promise<number> {
    return this.time;
  }

  async sleep(milliseconds: number | string): Promise<void> {
    this.onTheWay(this.time + Number(milliseconds) / 2);
    this.time += Number(milliseconds);
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

/** Runs an activity as a worker would. @returns what it was called with. */
async function called(activityType: string, args: unknown[], answer: unknown = undefined) {
  const clock = { momentOf: () => iso(PRESENT) };
  const { interceptor, wokenEarly } = processTime(clock);
  const { inbound } = interceptor({ info: { activityType } } as Parameters<typeof interceptor>[0]);
  let got: unknown[] = [];
  await inbound?.execute?.({ args, headers: {} }, async (input) => {
    got = input.args;
    return answer;
  });
  return { args: got, wokenEarly: [...wokenEarly] };
}

test('the present of a process is given in the test’s time, alone or as `at`, and nothing else is changed', async () => {
  const theirs = iso(PRESENT + SECOND);
  const { args } = await called('settlePurchase', ['pur_1', theirs, true]);
  expect(args).toEqual(['pur_1', iso(PRESENT), true]);

  const request = { key: 'k', at: theirs, expires_at: theirs, reason: theirs };
  expect((await called('actOnGift', [request])).args).toEqual([{ ...request, at: iso(PRESENT) }]);

  const others = [{ before: theirs, since: undefined, at: theirs }, null, 7, ['2031-03-10'], '2031-03-10'];
  expect((await called('sweepPurchases', others)).args).toEqual([
    { before: theirs, since: undefined, at: iso(PRESENT) },
    ...others.slice(1),
  ]);
});

test('a gift whose process asked for its deadline before it had come is known to sleep', async () => {
  const deadline = iso(PRESENT + 1);
  const ask = ['gft_1', iso(PRESENT + SECOND)];
  expect(await called('advanceGift', ask, { status: 'pending', deadline })).toMatchObject({
    wokenEarly: ['gft_1'],
  });
  expect(await called('advanceGift', ask, { status: 'settled' })).toMatchObject({ wokenEarly: [] });
  const later = { status: 'pending', deadline: iso(PRESENT + 2 * SECOND) };
  expect(await called('advanceGift', ask, later)).toMatchObject({ wokenEarly: [] });
});

test('what happens is recorded at the test’s present; only in a jump at the process’s own, where that lies on the way', async () => {
  const server = new Server();
  const clock = await TestClock.of(server, new Date(PRESENT));
  expect(clock.momentOf(iso(PRESENT + 5 * SECOND))).toBe(iso(PRESENT));
  expect(clock.momentOf(iso(PRESENT - 5 * SECOND))).toBe(iso(PRESENT));

  const told: string[] = [];
  server.onTheWay = (time) => {
    for (const at of [time, PRESENT - 1, PRESENT + 60 * SECOND]) told.push(clock.momentOf(iso(at)));
  };
  await clock.moveTo(new Date(PRESENT + 10 * SECOND));
  const [halfway = '', before, after] = told;
  expect(Date.parse(halfway) - PRESENT).toBeGreaterThan(4 * SECOND);
  expect(Date.parse(halfway) - PRESENT).toBeLessThanOrEqual(5 * SECOND);
  expect([before, after]).toEqual([iso(PRESENT), iso(PRESENT + 10 * SECOND)]);
  expect(clock.momentOf(halfway)).toBe(iso(PRESENT + 10 * SECOND));
});

test('the server’s clock may stay short of the test’s, and is never asked to go back', async () => {
  const server = new Server();
  const clock = await TestClock.of(server, new Date(PRESENT));
  await clock.moveTo(new Date(PRESENT + 100 * SECOND), new Date(PRESENT + 40 * SECOND));
  expect(server.time).toBeLessThanOrEqual(PRESENT + 40 * SECOND);
  expect(clock.now()).toEqual(new Date(PRESENT + 100 * SECOND));
  const stood = server.time;
  await clock.moveTo(new Date(PRESENT + 101 * SECOND), new Date(PRESENT));
  expect(server.time).toBe(stood);
  await expect(clock.moveTo(new Date(PRESENT))).rejects.toThrow('Time only goes forward');
  await expect(TestClock.of(server, new Date(PRESENT - 90 * SECOND))).rejects.toThrow('must not be before');
});
