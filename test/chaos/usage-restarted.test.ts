import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Usage } from '../../src/contracts/usage/usage.schema.ts';
import { sumCredits } from '../../src/domain/credits.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import type { UseRequest } from '../../src/ledger/usage/charge-usage.ts';
import { createDatabase, type LocalPostgres, startPostgres } from '../../src/local/postgres.ts';
import { type Ending, patiently, restarted, untilBeyond } from '../support/restarted-postgres.ts';
import { expectVerified, policyWith, START, seedAccount } from '../support/test-ledger.ts';
import { useRequest } from '../support/usage.ts';

/** A server of this file's own, with fsync on: what it has answered must survive it. */
let folder = '';
let server: LocalPostgres;
let ledger: Ledger;
const cleanups: (() => Promise<void>)[] = [];
const PEOPLE = Array.from({ length: 16 }, (_, n) => `person-${n}`);
const CREDITS = '1000000';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-usage-restart-'));
  cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
  server = await startPostgres({ dataDir: folder });
  cleanups.unshift(() => server.stop());
  const url = await createDatabase(server.url, 'boon');
  await migrate(url);
  ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  cleanups.unshift(() => ledger.close());
  await ledger.usePolicy(policyWith(), START);
  for (const id of PEOPLE) await seedAccount(ledger, id, { credits: CREDITS });
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

async function restart(how: Ending): Promise<void> {
  server = await restarted(server, folder, how);
}

test.each(['in order', 'kill -9'] as const)(
  'PostgreSQL that is stopped (%s) under usage and comes back has charged every answered use, once',
  async (how) => {
    const answered = new Map<UseRequest, Usage>();
    const faults: unknown[] = [];
    const spentBefore = await spent();
    let running = true;
    const caller = async (id: string) => {
      while (running) {
        const use = useRequest(id, { units: '1.5' });
        try {
          answered.set(use, await patiently(async () => (await ledger.use(use)).value));
        } catch (error) {
          faults.push(error);
        }
      }
    };
    const callers = PEOPLE.map(caller);
    await untilBeyond(() => answered.size, PEOPLE.length);
    await restart(how);
    await untilBeyond(() => answered.size, answered.size);
    running = false;
    await Promise.all(callers);

    expect(faults).toEqual([]);
    const charged = sumCredits([...answered.values()].map(({ charged: { credits } }) => credits));
    expect((await spent()) - spentBefore).toBe(Number(charged));
    const again = await Promise.all([...answered.keys()].map((use) => ledger.use(use)));
    expect(again).toEqual([...answered.values()].map((value) => ({ value, replayed: true })));
    await expectVerified(ledger);
  },
  240_000,
);

/** Credits that are gone from all the accounts. */
async function spent(): Promise<number> {
  const left = await Promise.all(PEOPLE.map(async (id) => (await ledger.balance(id, START)).available));
  return PEOPLE.length * Number(CREDITS) - Number(sumCredits(left));
}
