/** A ledger of before debts knew who paid them, brought to this version. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { act, give } from '../support/gifts.ts';
import { bought, hear } from '../support/purchases.ts';
import { expectVerified, policyWith, START } from '../support/test-ledger.ts';
import { ONE_CREDIT_PLAN, person, spend } from '../support/value-back.ts';

const FOLDER = join(import.meta.dirname, '../../src/ledger/migrations');
const admin = inject('postgresUrl');
const name = `anew_${randomBytes(6).toString('hex')}`;
let url = '';
beforeAll(async () => {
  url = await createDatabase(admin, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('CREATE SCHEMA boon');
  const options = {
    migrationPattern: `${FOLDER}/*.sql`,
    schemaTable: 'boon.schema_version',
    newline: 'LF',
  } as const;
  const execQuery = (query: string) => client.query(query);
  await new Postgrator({ driver: 'pg', ...options, execQuery }).migrate('053');
  await client.end();
});
afterAll(() => dropDatabase(admin, name));

test('what waits in gifts of refunded purchases is taken, payments of debts are known, parts of resets are whole', async () => {
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  await ledger.usePolicy(policyWith(ONE_CREDIT_PLAN), START);
  const dispute = (id: string, status: 'open' | 'won') =>
    ({ said: 'disputed', dispute_id: `dp_${id}`, amount: 400, status }) as const;
  // The first ends in a debt for what a gift holds, which the next purchase pays.
  const [ada, bob, cleo, dan] = (await Promise.all([1, 2, 3, 4].map(() => person(ledger)))) as [
    string,
    string,
    string,
    string,
  ];
  const first = await bought(ledger, ada);
  const gift = await give(ledger, ada, bob, { amount: '100' });
  await hear(ledger, first, dispute(ada, 'open'));
  await bought(ledger, ada);
  expect(await ledger.balance(ada, START)).toMatchObject({ available: '0', held: '100', debt: '0' });
  // The second has its debt paid and proven wrong.
  const second = await bought(ledger, cleo);
  await spend(ledger, cleo, 100);
  await hear(ledger, second, dispute(cleo, 'open'));
  await bought(ledger, cleo);
  await hear(ledger, second, dispute(cleo, 'won'));
  // A part of a reset took nothing, and a gift kept a reset.
  const bundle = await bought(ledger, dan, 'reset-5');
  await hear(ledger, bundle, { said: 'refunded', amount: 1 });
  const single = await bought(ledger, dan, 'reset-1');
  const reset = (await ledger.listResets(dan, START)).resets.find(({ program }) => program === 'reset-1');
  const held = await give(ledger, dan, bob, { amount: '0', reset_id: reset?.id });
  await hear(ledger, single, { said: 'refunded', amount: 500 });

  await migrate(url);
  await expectVerified(ledger);
  expect(await ledger.findGift(gift.id)).toMatchObject({
    status: 'rejected',
    reason_code: 'funding_refunded',
  });
  expect(await ledger.findGift(held.id)).toMatchObject({
    status: 'rejected',
    reason_code: 'funding_refunded',
  });
  expect(await ledger.balance(ada, START)).toMatchObject({ available: '100', held: '0', debt: '0' });
  expect(await ledger.listResets(dan, START)).toMatchObject({ available_count: 4 });
  await hear(ledger, first, dispute(ada, 'won'));
  expect(await ledger.balance(ada, START)).toMatchObject({ available: '200', held: '0', debt: '0' });
  await hear(ledger, second, { said: 'refunded', amount: 400 });
  expect(await ledger.balance(cleo, START)).toMatchObject({ debt: '0', available: '0' });
  await expect(act(ledger, gift, 'cancel', START)).rejects.toMatchObject({ code: 'already_resolved' });
  await expectVerified(ledger);
  await ledger.close();
});
