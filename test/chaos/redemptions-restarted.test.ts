import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Redemption } from '../../src/contracts/resets/reset.schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, type LocalPostgres, startPostgres } from '../../src/local/postgres.ts';
import { bank, use } from '../support/resets.ts';
import { type Ending, patiently, restarted, untilBeyond } from '../support/restarted-postgres.ts';
import { expectVerified, later, policyWith, START, seedAccount } from '../support/test-ledger.ts';

/** A server of this file's own, with fsync on: what it has answered must survive it. */
let folder = '';
let server: LocalPostgres;
let ledger: Ledger;
const cleanups: (() => Promise<void>)[] = [];
const PEOPLE = Array.from({ length: 16 }, (_, n) => `person-${n}`);
/** More than one of them can redeem in the time of the test. */
const BANKED = 300;
let banked = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-redemption-restart-'));
  cleanups.unshift(() => rm(folder, { recursive: true, force: true }));
  server = await startPostgres({ dataDir: folder });
  cleanups.unshift(() => server.stop());
  const url = await createDatabase(server.url, 'boon');
  await migrate(url);
  ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  cleanups.unshift(() => ledger.close());
  await ledger.usePolicy(policyWith(), START);
  for (const id of PEOPLE) {
    await seedAccount(ledger, id);
    for (let n = 0; n < BANKED; n += 100) await bank(ledger, id, { count: 100 });
  }
  banked = BANKED * PEOPLE.length;
});
afterAll(async () => {
  for (const cleanup of cleanups) await cleanup();
});

async function restart(how: Ending): Promise<void> {
  server = await restarted(server, folder, how);
}

test.each(['in order', 'kill -9'] as const)(
  'PostgreSQL that is stopped (%s) under redemptions and comes back has every answered one, once',
  async (how) => {
    const answered = new Map<string, Redemption>();
    const faults: unknown[] = [];
    let running = true;
    const caller = async (id: string) => {
      for (let n = 0; running; n += 1) {
        const request_id = `${how.replaceAll(' ', '-')}-${n}`;
        try {
          await patiently(() => use(ledger, id, '1'));
          const redeemed = await patiently(() =>
            ledger.redeemReset({ account_id: id, request_id, at: START }),
          );
          answered.set(`${id} ${request_id}`, redeemed);
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
    for (const { outcome } of answered.values()) expect(['reset', 'already_redeemed']).toContain(outcome);
    // Each request has spent one reset, its own; asked once more it tells the same.
    const spent = [...answered.values()].map(({ reset_id }) => reset_id);
    expect(new Set(spent).size).toBe(spent.length);
    const again = await Promise.all(
      [...answered.keys()].map((key) => {
        const [account_id = '', request_id = ''] = key.split(' ');
        return ledger.redeemReset({ account_id, request_id, at: later(START, { days: 1 }) });
      }),
    );
    expect(again).toEqual([...answered.values()].map((one) => ({ ...one, outcome: 'already_redeemed' })));
    const left = await Promise.all(
      PEOPLE.map(async (id) => (await ledger.limits(id, START)).resets_available),
    );
    banked -= answered.size;
    expect(left.reduce((sum, count) => sum + count, 0)).toBe(banked);
    await expectVerified(ledger);
  },
  240_000,
);
