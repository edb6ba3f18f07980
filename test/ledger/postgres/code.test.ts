import { randomBytes } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { codeFiles, digestOf } from '../../../src/ledger/postgres/code.ts';
import { CODE_DIGEST, CODE_VERSION } from '../../../src/ledger/postgres/code-version.ts';
import { MigrationError, migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { newGiftId, newKey, openTestLedger, START, seedAccount } from '../../support/test-ledger.ts';

const LEDGER = join(import.meta.dirname, '../../../src/ledger');
/** The last migration of the time when functions stood in migrations. */
const FROZEN = 142;

/** All that a schema is made of, each thing with its definition. */
const SCHEMA = `
  SELECT 'function ' || p.oid::regprocedure AS name, pg_get_functiondef(p.oid) AS is FROM pg_proc p WHERE p.pronamespace::regnamespace::text LIKE 'boon%'
  UNION ALL SELECT 'column ' || a.attrelid::regclass || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace::regnamespace::text LIKE 'boon%' AND c.relkind IN ('r', 'p', 'v', 'c') AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace::regnamespace::text LIKE 'boon%'
  UNION ALL SELECT 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index WHERE indexrelid::regclass::text LIKE 'boon%'
  UNION ALL SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'view ' || c.oid::regclass, pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relnamespace::regnamespace::text LIKE 'boon%' AND c.relkind = 'v'
  UNION ALL SELECT 'enum ' || t.oid::regtype, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.oid
  ORDER BY 1, 2`;

type Thing = { name: string; is: string };
const names: string[] = [];
const open: pg.Client[] = [];

async function database(): Promise<{ url: string; client: pg.Client }> {
  const name = `code_${randomBytes(6).toString('hex')}`;
  names.push(name);
  const url = await createDatabase(inject('postgresUrl'), name);
  const client = new pg.Client({ connectionString: url });
  open.push(client);
  await client.connect();
  await client.query("SET search_path = ''");
  return { url, client };
}
const schemaOf = async (client: pg.Client) => (await client.query<Thing>(SCHEMA)).rows;

let fresh: { url: string; client: pg.Client };
beforeAll(async () => {
  fresh = await database();
  await migrate(fresh.url);
});
afterAll(async () => {
  for (const client of open) await client.end();
  for (const name of names) await dropDatabase(inject('postgresUrl'), name);
});

test('the version of the functions goes up with each change of them', async () => {
  const digest = digestOf(await codeFiles());
  expect(
    CODE_DIGEST,
    `The functions have changed: in src/ledger/postgres/code-version.ts raise CODE_VERSION (${CODE_VERSION}) by one, and set CODE_DIGEST to '${digest}'`,
  ).toBe(digest);
});

test('a database that was made when functions stood in migrations becomes the same as a fresh one', async () => {
  const { url, client } = await database();
  await client.query('CREATE SCHEMA boon');
  const postgrator = new Postgrator({
    driver: 'pg',
    migrationPattern: join(LEDGER, 'migrations/*.sql'),
    schemaTable: 'boon.schema_version',
    newline: 'LF',
    execQuery: (query) => client.query(query),
  });
  await postgrator.migrate(String(FROZEN));
  await migrate(url);
  const [upgraded, made] = [await schemaOf(client), await schemaOf(fresh.client)];
  expect(made.length).toBeGreaterThan(1_000);
  expect(upgraded).toEqual(made);
});

test('every file holds functions or types of its own name, or whose names begin with it, and no migration since calls one', async () => {
  const files = await codeFiles();
  for (const { name, text } of files) {
    const made = [...text.matchAll(/^CREATE FUNCTION boon_code\.(\w+)/gm)].map(([, one]) => one);
    const types = [...text.matchAll(/^CREATE TYPE boon_code\.(\w+)/gm)].map(([, one]) => one);
    const all = made.length > 0 ? made : types;
    expect(all).toContain(name);
    expect(all.filter((one) => one !== name && !one?.startsWith(`${name}_`))).toEqual([]);
  }
  const later = globSync(join(LEDGER, 'migrations/*.sql')).filter(
    (path) => Number.parseInt(path.split('/').at(-1) ?? '', 10) > FROZEN + 1,
  );
  expect(later.filter((path) => /\bboon_code\./.test(readFileSync(path, 'utf8')))).toEqual([]);
});

describe('the functions of a database', () => {
  test('have bodies that PostgreSQL takes, whatever the order in which they were made', async () => {
    const { client } = fresh;
    const { rows } = await client.query<{ text: string }>(
      "SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE pronamespace = 'boon_code'::regnamespace",
    );
    expect(rows.length).toBeGreaterThan(200);
    for (const { text } of rows) await client.query(text);
  });

  test('are what nothing that is stored depends on', async () => {
    const { rows } = await fresh.client.query(
      `SELECT d.classid::regclass::text AS class, d.objid FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid
       WHERE d.refclassid = 'pg_proc'::regclass AND p.pronamespace = 'boon_code'::regnamespace AND d.classid <> 'pg_proc'::regclass`,
    );
    expect(rows).toEqual([]);
  });

  test('are made anew when they are others, and left alone when they are the same', async () => {
    const { url, client } = fresh;
    const oid = async () =>
      (await client.query("SELECT 'boon_code.micro(text)'::regprocedure::oid AS oid")).rows[0].oid;
    const before = await oid();
    await migrate(url);
    expect(await oid()).toBe(before);
    await client.query("UPDATE boon.code SET digest = 'another'");
    await client.query('DROP FUNCTION boon_code.micro(text) CASCADE');
    await migrate(url);
    expect(await oid()).not.toBe(before);
  });

  test('of a newer Boon are left alone, and this one does not start', async () => {
    const { url, client } = fresh;
    await client.query('UPDATE boon.code SET version = version + 1');
    await expect(migrate(url)).rejects.toThrow(MigrationError);
    await expect(migrate(url)).rejects.toThrow(
      `The database's functions are at version ${CODE_VERSION + 1}, made by a newer Boon than this one (${CODE_VERSION}): run that one, or a database of its own.`,
    );
    await client.query('UPDATE boon.code SET version = version - 1');
  });
});

test('whoever is at work while the functions are made anew notices nothing', async () => {
  const own = await openTestLedger();
  const { ledger } = own;
  await seedAccount(ledger, 'ada', { credits: '1000' });
  await seedAccount(ledger, 'grace');
  const gift = { at: START, from: 'ada', to: { account_id: 'grace' }, amount: '1', message: null } as const;
  const grant = { at: START, amount: '1', source: 'purchased', expires_at: null, giftable: true } as const;
  let working = true;
  let granted = 0;
  const work = async () => {
    while (working) {
      await ledger.grant({ ...grant, key: newKey(), account_id: 'grace', reason: 'load' });
      granted += 1;
      // Its limits refuse what is too much, as ever.
      const given = ledger.acceptGift({ ...gift, key: newKey(), id: newGiftId(), funding: 'transfer' });
      await given.catch((error) => expect(error).toMatchObject({ code: 'gift_limit_exceeded' }));
      await ledger.showAccount('ada', START);
    }
  };
  const workers = Promise.all(Array.from({ length: 6 }, work)).finally(() => {
    working = false;
  });
  workers.catch(() => undefined);
  for (let round = 0; round < 8 && working; round++) {
    const before = granted;
    await own.sql("UPDATE boon.code SET digest = 'another'");
    await migrate(own.url);
    await expect.poll(() => !working || granted > before, { timeout: 60_000 }).toBe(true);
  }
  working = false;
  await workers;
  expect((await ledger.balance('grace', START)).available).toBe(String(granted));
  await own.close();
});
