import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { effort } from '../support/effort.ts';
import { expectVerified, openTestLedger, type TestLedger } from '../support/test-ledger.ts';
import { ProgramClients } from './program-clients.ts';
import { programScenarios } from './program-commands.ts';
import { emptyProgram, prepareProgram, programFaults } from './program-state.ts';

const { parameters, timeout } = effort(2);

let own: TestLedger;
let others: TestLedger['ledger'][] = [];
beforeAll(async () => {
  own = await openTestLedger();
  await prepareProgram(own);
  const { url, encryptionKey } = own;
  others = [1, 2, 3].map(() => createPostgresLedger({ url, encryptionKey, connections: 4 }));
});
afterAll(async () => {
  await Promise.all(others.map((ledger) => ledger.close()));
  await own.close();
});

test(
  'whatever many clients do to referrals, resets and campaigns at once, no cap is passed and nothing is redeemed twice',
  async () => {
    let runs = 0;
    const total = { done: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(programScenarios({ least: 200, most: 400 }), async (scenario) => {
        await emptyProgram(own);
        const clients = new ProgramClients([own.ledger, ...others]);
        await clients.play(scenario, 16);
        expect(clients.faults).toEqual([]);
        expect(await programFaults(own)).toEqual([]);
        await expectVerified(own.ledger);
        expect(await clients.end()).toEqual([]);
        expect(clients.faults).toEqual([]);
        expect(await programFaults(own)).toEqual([]);
        await expectVerified(own.ledger);
        runs += 1;
        total.done += clients.done;
        total.refused += clients.refused;
      }),
      // What concurrency broke once it may not break again: shrinking would only say less.
      { ...parameters, endOnFailure: true },
    );
    console.info(`seed ${parameters.seed}: ${runs} scenarios, ${total.done} done, ${total.refused} refused`);
    const [row] = await own.sql(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    // Every writer locks in the same order: PostgreSQL never had to choose a victim.
    expect(row?.deadlocks).toBe(0);
  },
  timeout,
);
