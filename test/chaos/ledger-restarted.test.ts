import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonError } from '../../src/contracts/errors.ts';
import type { AcceptRequest } from '../../src/ledger/gifts/accept-gifts.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, type LocalPostgres, startPostgres } from '../../src/local/postgres.ts';
import { giftRequest, grant } from '../support/gifts.ts';
import { type Ending, restarted, untilBeyond } from '../support/restarted-postgres.ts';
import { expectVerified, later, policyWith, START, seedAccount } from '../support/test-ledger.ts';

/** A server of this file's own, with fsync on: what it has answered must survive it. */
let folder = '';
let server: LocalPostgres;
let ledger: Ledger;
/** What to take down, the last first; also when the start failed half way. */
const cleanups: (() => Promise<void>)[] = [];
const SENDERS = Array.from({ length: 16 }, (_, n) => `sender-${n}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-restart-'));
  cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
  server = await startPostgres({ dataDir: folder });
  cleanups.unshift(() => server.stop());
  const url = await createDatabase(server.url, 'boon');
  await migrate(url);
  ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  cleanups.unshift(() => ledger.close());
  const patient = policyWith({
    gifts: {
      limits: {
        per_day: { count: 100_000, amount: '1000000' },
        per_month: { count: 100_000, amount: '1000000' },
      },
      screening: { velocity: { verdict: 'allow' }, fan_in: { verdict: 'allow' } },
    },
  });
  await ledger.usePolicy(patient, START);
  await seedAccount(ledger, 'friend');
  for (const id of SENDERS) await seedAccount(ledger, id, { credits: '100000' });
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

/** Restarts the server on its port; connections to it break meanwhile. */
async function restart(how: Ending): Promise<void> {
  server = await restarted(server, folder, how);
}

type Load = {
  requests: AcceptRequest[];
  answered: Map<string, string>;
  faults: unknown[];
  stop: () => Promise<void>;
};

/** Callers that give one gift after the other, and repeat those that were not answered, under the same key. */
function giveWithoutEnd(): Load {
  const requests: AcceptRequest[] = [];
  const answered = new Map<string, string>();
  const faults: unknown[] = [];
  let running = true;
  const caller = async (from: string) => {
    while (running) {
      const request = giftRequest(from, 'friend', { amount: '1' });
      requests.push(request);
      for (let tries = 0; tries < 10; tries++) {
        try {
          const { value } = await ledger.acceptGift(request);
          answered.set(request.key, value.id);
          break;
        } catch (error) {
          if (!(error instanceof BoonError && error.code === 'unavailable')) {
            faults.push(error);
            break;
          }
        }
      }
    }
  };
  const callers = SENDERS.map(caller);
  return {
    requests,
    answered,
    faults,
    stop: async () => {
      running = false;
      await Promise.all(callers);
    },
  };
}

test.each(['in order', 'kill -9'] as const)(
  'PostgreSQL that is stopped (%s) under load and comes back has every answered gift, once',
  async (how) => {
    const load = giveWithoutEnd();
    await untilBeyond(() => load.answered.size, SENDERS.length);
    await restart(how);
    await untilBeyond(() => load.answered.size, load.answered.size);
    await load.stop();

    expect(load.faults).toEqual([]);
    expect(load.answered.size).toBe(load.requests.length);
    // Each key has one gift, the answered one; asking once more changes nothing.
    const again = await Promise.all(load.requests.map((request) => ledger.acceptGift(request)));
    for (const [n, { value, replayed }] of again.entries()) {
      expect(replayed).toBe(true);
      expect(value.id).toBe(load.answered.get(load.requests[n]?.key ?? ''));
    }
    const balances = await Promise.all(SENDERS.map((id) => ledger.balance(id, START)));
    const held = balances.reduce((sum, balance) => sum + Number(balance.held), 0);
    expect(held).toBe(load.answered.size);
    await expectVerified(ledger);
    const settled = await ledger.advanceGiftPage([...load.answered.values()], later(START, { days: 1 }));
    expect(settled.every(({ status }) => status === 'settled')).toBe(true);
    await ledger.sealBlocks(START);
    await expectVerified(ledger);
  },
  240_000,
);

test('settlements, cancels and grants that a kill -9 interrupts are done once when they are asked for again', async () => {
  const requests = SENDERS.flatMap((from) =>
    Array.from({ length: 8 }, () => giftRequest(from, 'friend', { amount: '1' })),
  );
  const gifts = (await Promise.all(requests.map((request) => ledger.acceptGift(request)))).map(
    ({ value }) => value,
  );
  const at = later(START, { days: 1 });
  const balance = async () => Number((await ledger.balance('friend', at)).available);
  const before = await balance();
  const work = gifts.map((gift, n) => async (): Promise<unknown> => {
    if (n % 6 === 0) return ledger.advanceGift(gift.id, at);
    if (n % 6 === 3) return ledger.advanceGiftPage([gift.id], at);
    if (n % 3 === 1)
      return ledger.actOnGift({ key: `cancel-${gift.id}`, gift_id: gift.id, action: 'cancel', at });
    return grant(ledger, 'friend', '1', { key: `grant-${gift.id}` });
  });
  const untilDone = async (one: () => Promise<unknown>): Promise<unknown> => {
    try {
      return await one();
    } catch (error) {
      if (error instanceof BoonError && error.code === 'unavailable') return untilDone(one);
      throw error;
    }
  };
  const all = Promise.all(work.map(untilDone));
  await sleep(5);
  await restart('kill -9');
  await all;
  await Promise.all(work.map(untilDone));
  const settled = gifts.filter((_, n) => n % 3 === 0).length;
  const granted = gifts.filter((_, n) => n % 3 === 2).length;
  expect(await balance()).toBe(before + settled + granted);
  await expectVerified(ledger);
}, 120_000);

test('a database that stays away is said to be unavailable, to all that wait, within the patience of one', async () => {
  const { port } = server;
  await server.stop();
  try {
    const began = performance.now();
    const calls = SENDERS.map((from) => ledger.acceptGift(giftRequest(from, 'friend')));
    for (const answer of await Promise.allSettled(calls))
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    await expect(ledger.verify()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(ledger.ping()).rejects.toMatchObject({ code: 'unavailable' });
    // One batch may have been under way when the next was gathered: two patiences of about 10 s.
    expect(performance.now() - began).toBeLessThan(100_000);
  } finally {
    server = await startPostgres({ dataDir: folder, port });
  }
  await expectVerified(ledger);
}, 120_000);
