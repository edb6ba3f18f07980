import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, persist } from '../../../src/ledger/postgres/database.ts';
import { give, grant } from '../../support/gifts.ts';
import { holding } from '../../support/held-lock.ts';
import { openTestLedger, seedAccount, type TestLedger } from '../../support/test-ledger.ts';
import { charge } from '../../support/usage.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ plans: { plus: { five_hour: '100', weekly: '100' } } });
  await seedAccount(own.ledger, 'org', { credits: '1000', put: { kind: 'organisation', plan: 'business' } });
  for (const id of ['ann', 'bob', 'cleo', 'dan']) await seedAccount(own.ledger, id, { credits: '100' });
});
afterAll(() => own.close());

const LOCKS: [string, unknown[]] = [`SELECT FROM boon.ledger_accounts WHERE id = 'ann' FOR UPDATE`, []];

/** How long it took, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

describe('a row that somebody has locked', () => {
  test('keeps its own account’s uses waiting, and nobody else’s for long', async () => {
    await holding(own, LOCKS, async (query) => {
      const held = charge(own.ledger, 'ann');
      const beside = [charge(own.ledger, 'bob'), charge(own.ledger, 'cleo')];
      expect(await timed(Promise.all(beside))).toBeLessThan(4_000);
      const laterOnes = ['bob', 'cleo', 'dan'].map((id) => charge(own.ledger, id));
      expect(await timed(Promise.all(laterOnes))).toBeLessThan(2_000);
      await query('ROLLBACK');
      await held;
    });
  });

  test('keeps its own account’s gifts and grants waiting, and nobody else’s for long', async () => {
    await holding(own, LOCKS, async (query) => {
      const held = [give(own.ledger, 'ann', 'dan'), grant(own.ledger, 'ann', '1')];
      expect(
        await timed(Promise.all([give(own.ledger, 'bob', 'cleo'), grant(own.ledger, 'bob', '1')])),
      ).toBeLessThan(4_000);
      expect(
        await timed(Promise.all([give(own.ledger, 'bob', 'cleo'), grant(own.ledger, 'bob', '1')])),
      ).toBeLessThan(2_000);
      await query('ROLLBACK');
      await Promise.all(held);
    });
  });

  test('is answered with unavailable after some seconds, and nothing was done', async () => {
    await holding(own, LOCKS, async (query) => {
      const took = await timed(
        expect(charge(own.ledger, 'ann', { id: 'told-twice' })).rejects.toMatchObject({
          code: 'unavailable',
        }),
      );
      expect(took).toBeGreaterThan(5_000);
      expect(took).toBeLessThan(16_000);
      await query('ROLLBACK');
    });
    expect(await own.sql(`SELECT FROM boon.usage WHERE id = 'told-twice'`)).toEqual([]);
    await charge(own.ledger, 'ann', { id: 'told-twice' });
  });

  test('an organisation’s own use comes through however many its members send', async () => {
    const members = ['mia', 'max', 'moe', 'may', 'mei', 'mo'];
    for (const id of members) await seedAccount(own.ledger, id, { put: { plan: 'free', org_id: 'org' } });
    let done = false;
    let sent = 0;
    const stream = async (id: string) => {
      while (!done && sent < 400) {
        sent += 1;
        await charge(own.ledger, id, { units: '0.01' });
      }
    };
    const streams = members.map(stream);
    await charge(own.ledger, 'org', { units: '0.01' });
    done = true;
    await Promise.all(streams);
    expect(sent).toBeLessThan(200);
  });
});

describe('the connection', () => {
  test('waits for locks for a second, and ends a transaction that is idle for half a minute', async () => {
    const database = openDatabase(own.url);
    try {
      const { rows } = await database.query(
        `SELECT current_setting('lock_timeout') AS lock, current_setting('idle_in_transaction_session_timeout') AS idle,
           current_setting('statement_timeout') AS statement`,
      );
      expect(rows).toEqual([{ lock: '1s', idle: '30s', statement: '1min' }]);
    } finally {
      await database.end();
    }
  });

  test('a statement that the server ended for its length is unavailable, and is not sent again', async () => {
    const client = new pg.Client({ connectionString: own.url, statement_timeout: 50 });
    await client.connect();
    let tries = 0;
    const work = persist(() => {
      tries += 1;
      return client.query('SELECT pg_sleep(5)');
    });
    await expect(work).rejects.toMatchObject({ code: 'unavailable' });
    expect(tries).toBe(1);
    await client.end();
  });
});
