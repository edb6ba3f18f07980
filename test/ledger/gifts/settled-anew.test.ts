/** A ledger of before debts knew who paid them, brought to this version. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { act, give } from '../../support/gifts.ts';
import { offerOlderFunctions } from '../../support/older-version.ts';
import { hear } from '../../support/purchases.ts';
import { expectVerified, policyWith, START } from '../../support/test-ledger.ts';
import { ONE_CREDIT_PLAN } from '../../support/value-back.ts';

const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');
const PEOPLE = ['ada', 'bob', 'cleo', 'dan'] as const;
const [ada, bob, cleo, dan] = PEOPLE;
const ESTABLISHED = {
  plan: 'free',
  created_at: '2025-01-01T00:00:00.000Z',
  identity_verified_at: '2026-01-01T00:00:00.000Z',
};
const POLICY = policyWith(ONE_CREDIT_PLAN);
const admin = inject('postgresUrl');
const name = `anew_${randomBytes(6).toString('hex')}`;
let url = '';
let old: pg.Client;
beforeAll(async () => {
  url = await createDatabase(admin, name);
  old = new pg.Client({ connectionString: url });
  await old.connect();
  await old.query('CREATE SCHEMA boon');
  const options = {
    migrationPattern: `${FOLDER}/*.sql`,
    schemaTable: 'boon.schema_version',
    newline: 'LF',
  } as const;
  const execQuery = (query: string) => old.query(query);
  await new Postgrator({ driver: 'pg', ...options, execQuery }).migrate('053');
});
afterAll(async () => {
  await old.end();
  await dropDatabase(admin, name);
});

// The functions of then: the ledger of today calls others.
const put = (id: string) => old.query('SELECT boon.put_account($1, $2, $3)', [id, ESTABLISHED, START]);
const heard = (purchase_id: string, said: object) =>
  old.query('SELECT boon.hear_of_payment($1)', [{ purchase_id, at: START, ...said }]);

async function bought(account_id: string, id: string, wanted = 'credits-100'): Promise<{ id: string }> {
  const request = { i: 0, key: id, input_hash: '00', at: START, id, account_id, package: wanted };
  await old.query('SELECT boon.begin_purchases($1, $2)', [POLICY.version, JSON.stringify([request])]);
  await heard(id, { said: 'paid', payment_id: `pi_${id}` });
  return { id };
}

async function spend(account_id: string, units: number): Promise<void> {
  const use = { i: 0, id: `use-${account_id}`, account_id, product: 'codex', units, at: START, now: START };
  await old.query('SELECT boon.make_usage_month($1)', [START]);
  await old.query('SELECT boon.use($1, $2)', [POLICY.version, JSON.stringify([use])]);
}

test('what waits in gifts of refunded purchases is taken, payments of debts are known, parts of resets are whole', async () => {
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  const takeAway = await offerOlderFunctions((text) => old.query(text));
  await ledger.usePolicy(POLICY, START);
  for (const id of PEOPLE) await put(id);
  const dispute = (id: string, status: 'open' | 'won') =>
    ({ said: 'disputed', dispute_id: `dp_${id}`, amount: 400, status }) as const;
  // The first ends in a debt for what a gift holds, which the next purchase pays.
  const first = await bought(ada, 'pur_first');
  const gift = await give(ledger, ada, bob, { amount: '100' });
  await heard(first.id, dispute(ada, 'open'));
  await bought(ada, 'pur_next');
  expect(await ledger.balance(ada, START)).toMatchObject({ available: '0', held: '100', debt: '0' });
  // The second has its debt paid and proven wrong.
  const second = await bought(cleo, 'pur_second');
  await spend(cleo, 101_000_000);
  await heard(second.id, dispute(cleo, 'open'));
  await bought(cleo, 'pur_after');
  await heard(second.id, dispute(cleo, 'won'));
  // A part of a reset took nothing, and a gift kept a reset.
  const bundle = await bought(dan, 'pur_bundle', 'reset-5');
  await heard(bundle.id, { said: 'refunded', amount: 1 });
  const single = await bought(dan, 'pur_single', 'reset-1');
  const reset = (await ledger.listResets(dan, START)).data.find(({ program }) => program === 'reset-1');
  const held = await give(ledger, dan, bob, { amount: '0', reset_id: reset?.id });
  await heard(single.id, { said: 'refunded', amount: 500 });

  await takeAway();
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
  expect(await ledger.limits(dan, START)).toMatchObject({ resets_available: 4 });
  await hear(ledger, first, dispute(ada, 'won'));
  expect(await ledger.balance(ada, START)).toMatchObject({ available: '200', held: '0', debt: '0' });
  await hear(ledger, second, { said: 'refunded', amount: 400 });
  expect(await ledger.balance(cleo, START)).toMatchObject({ debt: '0', available: '0' });
  await expect(act(ledger, gift, 'cancel', START)).rejects.toMatchObject({ code: 'already_resolved' });
  await expectVerified(ledger);
  await ledger.close();
});
