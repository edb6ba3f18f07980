import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ACCOUNT_INVARIANTS } from '../../../src/ledger/accounts/account-invariants.ts';
import { installCode } from '../../../src/ledger/postgres/code.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';

const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');
const admin = inject('postgresUrl');
const name = `backfill_${randomBytes(6).toString('hex')}`;
let database: pg.Client;

/** Applies the migrations of these numbers, in order. */
async function apply(from: number, to: number): Promise<void> {
  const numbered = (await readdir(FOLDER)).map((file) => [Number.parseInt(file, 10), file] as const);
  for (const [number, file] of numbered.toSorted(([a], [b]) => a - b)) {
    if (number < from || number > to) continue;
    await database.query(`BEGIN; ${await readFile(join(FOLDER, file), 'utf8')}; COMMIT`);
  }
}

/** Accounts of the version before, and months that are stored of them; their day moved in the middle of March. */
const BEFORE = `
  INSERT INTO boon.accounts (id, kind, plan, status, billing_day, created_at, updated_at)
    SELECT id, CASE id WHEN 'firm' THEN 'organisation' ELSE 'person' END, 'business', 'active', day, '2025-01-01Z', '2026-03-15Z'
    FROM (VALUES ('stayed', 5), ('new', 5), ('spent', 11), ('rewarded', 11), ('firm', 20), ('cut', 20), ('over', 11), ('topped', 11)) x (id, day);
  INSERT INTO boon.accounts (id, kind, plan, status, billing_day, org_id, created_at, updated_at)
    VALUES ('odd', 'person', 'plus', 'active', 1, 'odd', '2025-01-01Z', '2026-03-15Z');
  INSERT INTO boon.ledger_accounts (id) SELECT id FROM boon.accounts;
  INSERT INTO boon.spending VALUES
    ('stayed', '', '2026-02-05', 1), ('stayed', '', '2026-03-05', 1), ('spent', '', '2026-02-01', 1), ('spent', '', '2026-03-01', 1),
    ('over', '', '2026-02-01', 1), ('over', '', '2026-04-11', 1);
  INSERT INTO boon.reward_windows VALUES
    ('rewarded', 'p', '2026-03-01', '2026-03-01Z', '2026-04-01Z', 3, 3),
    ('cut', 'p', '2026-03-05', '2026-03-05Z', '2026-04-05Z', 3, 3), ('cut', 'p', '2026-04-05', '2026-04-05Z', '2026-04-20Z', 3, 3);
  INSERT INTO boon.billing_months VALUES ('firm', '2026-03-01', '2026-03-01Z', '2026-04-01Z', 'v', 1, NULL);
  INSERT INTO boon.purchases (id, account_id, kind, status, package, credits, resets, price, currency, policy_version, created_at, expires_at, month)
    VALUES ('p', 'topped', 'top_up', 'open', 'x', 1, 0, 400, 'usd', 'v', '2026-03-10Z', '2026-03-11Z', '2026-03-01');`;

beforeAll(async () => {
  database = new pg.Client({
    connectionString: await createDatabase(admin, name),
    options: '-c timezone=UTC',
  });
  await database.connect();
  await database.query('CREATE SCHEMA boon');
  await apply(1, 69);
  await database.query(BEFORE);
  await apply(70, 9999);
  await installCode(database);
});
afterAll(async () => {
  await database.end();
  await dropDatabase(admin, name);
});

async function monthOf(id: string, at: string): Promise<string> {
  const text = `SELECT to_char(starts_at, 'YYYY-MM-DD') || ' to ' || to_char(ends_at, 'YYYY-MM-DD') AS month FROM boon_code.billing_month($1::text, $2)`;
  return (await database.query(text, [id, at])).rows[0].month;
}

test.each([
  ['whose day never moved keeps it', 'stayed', '2026-03-15Z', '2026-03-05 to 2026-04-05'],
  ['of which nothing is stored has its present day', 'new', '2026-03-15Z', '2026-03-05 to 2026-04-05'],
  ['that spent keeps its running month', 'spent', '2026-03-31Z', '2026-03-01 to 2026-04-01'],
  ['that spent: the day is in force with the next', 'spent', '2026-04-01Z', '2026-04-01 to 2026-05-11'],
  ['with rewards keeps its running month', 'rewarded', '2026-03-31Z', '2026-03-01 to 2026-04-01'],
  ['that is invoiced keeps its running month', 'firm', '2026-03-31Z', '2026-03-01 to 2026-04-01'],
  ['that is invoiced: the day is in force with the next', 'firm', '2026-04-01Z', '2026-04-01 to 2026-05-20'],
  ['that topped up keeps its running month', 'topped', '2026-03-31Z', '2026-03-01 to 2026-04-01'],
  ['whose month was cut short keeps that one too', 'cut', '2026-04-06Z', '2026-04-05 to 2026-04-20'],
  ['whose month was cut short: the next is a whole one', 'cut', '2026-04-20Z', '2026-04-20 to 2026-05-20'],
  ['that moved long ago has the months of its day', 'over', '2026-04-11Z', '2026-04-11 to 2026-05-11'],
])('an account of an earlier version %s', async (_words, id, at, month) => {
  expect(await monthOf(id, at)).toBe(month);
});

test('nothing in it is held against the months of the earlier version; who is no member is reported', async () => {
  const found = [];
  for (const [invariant, query] of Object.entries(ACCOUNT_INVARIANTS))
    for (const { detail } of (await database.query(query)).rows) found.push(`${invariant}: ${detail}`);
  expect(found).toEqual([
    'a person belongs to an organisation or to none, an organisation to none: person odd belongs to person odd',
  ]);
});

test('an account that is otherwise can be changed in everything else, and corrected', async () => {
  const put = async (body: object) =>
    (
      await database.query(`SELECT boon_code.put_account('odd', $1, '2026-03-20Z') -> 'refused' AS refused`, [
        JSON.stringify(body),
      ])
    ).rows[0].refused;
  expect(await put({ plan: 'pro', status: 'frozen', billing_day: 7 })).toBeNull();
  expect(await put({ plan: 'pro', org_id: 'odd' })).toMatchObject({ path: 'org_id' });
  expect(await put({ plan: 'pro', org_id: 'firm' })).toBeNull();
});
