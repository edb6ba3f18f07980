import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase, queryBatch, queryRow } from '../../../src/ledger/postgres/database.ts';
import { openTestLedger, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
let database: Database;
beforeAll(async () => {
  own = await openTestLedger();
  database = openDatabase(own.url, { connections: 1 });
});
afterAll(async () => {
  await database.end();
  await own.close();
});

const backend = async () =>
  (await queryRow<{ pid: number }>(database, 'backend', 'SELECT pg_backend_pid() AS pid', []))?.pid;
const divide = 'SELECT 1 / $1::int AS share';

test('a connection whose statement the server refused is used again, with what it has prepared', async () => {
  const before = await backend();
  await expect(queryRow(database, 'divide', divide, [0])).rejects.toThrow('division by zero');
  expect(await backend()).toBe(before);
});

test('so is one whose batch was refused in a transaction of its own, which is rolled back', async () => {
  const before = await backend();
  await expect(queryBatch(database, 'divide', divide, [0], 'short')).rejects.toThrow('division by zero');
  expect(await backend()).toBe(before);
  expect(await queryBatch(database, 'divide', divide, [1], 'short')).toEqual([{ share: 1 }]);
});

test('one that the server has ended is replaced by a new one', async () => {
  const before = await backend();
  await own.sql('SELECT pg_terminate_backend($1)', [before]);
  expect(await backend()).not.toBe(before);
});

test('one that the server ends while it is taken fails the next statement, and does not end the process', async () => {
  const client = await database.connect();
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  const ended = new Promise<void>((resolve) => void client.once('end', resolve));
  await own.sql('SELECT pg_terminate_backend($1)', [rows[0].pid]);
  await ended;
  await expect(client.query('SELECT 1')).rejects.toThrow();
  client.release(true);
  expect(await backend()).toBeGreaterThan(0);
});
