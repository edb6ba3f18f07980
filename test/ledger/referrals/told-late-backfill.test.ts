import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
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

/** Referrals of the version before: what a sweep ended late, a prompt of a clock ahead, and one person on both sides. */
const BEFORE = `
  INSERT INTO boon.accounts (id, kind, plan, status, billing_day, created_at, updated_at, fingerprints)
    SELECT id, 'person', 'plus', 'active', 1, '2026-01-01Z', '2026-02-15Z', marks::text[]
    FROM (VALUES ('ann', '{device:one}'), ('same', '{device:one,card:two}'), ('other', '{card:two}')) x (id, marks);
  INSERT INTO boon.ledger_accounts (id) SELECT id FROM boon.accounts;
  INSERT INTO boon.referrals (id, status, program, policy_version, referrer_id, friend_id, friend_is_new, prompts_seen, prompts_required, invited_at,
      expires_at, link_used_at, joined_at, qualified_at, rewarded_at, ended_at, reason_code, email_sealed, email_index)
    VALUES
    ('ended', 'expired', 'p', 'v', 'ann', NULL, NULL, 0, 1, '2026-01-01Z', '2026-02-01Z', NULL, NULL, NULL, NULL, '2026-02-03Z', 'not_used_in_time', 'x', '1'),
    ('ahead', 'rewarded', 'p', 'v', 'ann', 'f', true, 1, 1, '2026-01-01Z', '2026-02-01Z', '2026-01-02Z', '2026-01-02Z', '2026-01-02T00:05Z',
      '2026-01-02T00:01Z', '2026-01-02T00:01Z', NULL, 'x', '2'),
    ('same', 'joined', 'p', 'v', 'ann', 'same', true, 0, 1, '2026-01-01Z', '2026-02-01Z', '2026-01-02Z', '2026-01-02Z', NULL, NULL, NULL, NULL, 'x', '3'),
    ('other', 'joined', 'p', 'v', 'ann', 'other', true, 0, 1, '2026-01-01Z', '2026-02-01Z', '2026-01-02Z', '2026-01-02Z', NULL, NULL, NULL, NULL, 'x', '4');`;

beforeAll(async () => {
  database = new pg.Client({
    connectionString: await createDatabase(admin, name),
    options: '-c timezone=UTC',
  });
  await database.connect();
  await database.query('CREATE SCHEMA boon');
  await apply(1, 113);
  await database.query(BEFORE);
  await apply(114, 9999);
});
afterAll(async () => {
  await database.end();
  await dropDatabase(admin, name);
});

test.each([
  ['that a sweep ended late ended at its end', 'ended', { status: 'expired', ended: '2026-02-01 00:00' }],
  [
    'whose friend’s clock was ahead qualified when it was rewarded',
    'ahead',
    { qualified: '2026-01-02 00:01' },
  ],
  [
    'between two accounts of one device is refused',
    'same',
    { status: 'refused', reason_code: 'same_device', ended: '2026-02-15 00:00' },
  ],
  ['between two persons stands', 'other', { status: 'joined', ended: null }],
])('a referral of an earlier version %s', async (_words, id, expected) => {
  const { rows } = await database.query(
    `SELECT status::text, reason_code, to_char(ended_at, 'YYYY-MM-DD HH24:MI') AS ended, to_char(qualified_at, 'YYYY-MM-DD HH24:MI') AS qualified
     FROM boon.referrals WHERE id = $1`,
    [id],
  );
  expect(rows).toMatchObject([expected]);
});
