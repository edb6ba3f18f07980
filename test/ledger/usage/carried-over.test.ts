import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import Postgrator from 'postgrator';
import { expect, inject, test } from 'vitest';
import { migrate } from '../../../src/ledger/postgres/migrate.ts';
import { createPostgresLedger } from '../../../src/ledger/postgres-ledger.ts';
import { createDatabase, dropDatabase } from '../../../src/local/postgres.ts';
import { expectVerified, later, policyWith, START } from '../../support/test-ledger.ts';
import { usd } from '../../support/usd.ts';

const FOLDER = join(import.meta.dirname, '../../../src/ledger/migrations');
const BEFORE = '053';

/** Calls functions of the schema as it was then. */
const SCENE = `
  INSERT INTO boon.ledger_accounts (id) VALUES ('ada') ON CONFLICT DO NOTHING;
  INSERT INTO boon.payment_customers VALUES ('ada', 'cus_ada', '${START}');
  SELECT boon.begin_purchases('VERSION', json_build_array(
    json_build_object('i', 0, 'key', 'a', 'input_hash', '00', 'at', '${START}', 'id', 'pur_paid', 'account_id', 'ada', 'package', 'credits-100'),
    json_build_object('i', 1, 'key', 'b', 'input_hash', '00', 'at', '${START}', 'id', 'pur_cheap', 'account_id', 'ada', 'package', 'credits-100'),
    json_build_object('i', 2, 'key', 'c', 'input_hash', '00', 'at', '${START}', 'id', 'pur_open', 'account_id', 'ada', 'package', 'credits-100')));
  SELECT boon.hear_of_payment(jsonb_build_object('purchase_id', id, 'said', 'paid', 'payment_id', 'pi_' || id, 'amount', amount, 'at', '${START}'))
    FROM (VALUES ('pur_paid', 400), ('pur_cheap', 100)) v (id, amount);
  SELECT boon.hear_of_payment(jsonb_build_object('purchase_id', 'pur_open', 'said', 'refunded', 'amount', 50, 'at', '${START}'));
  SELECT boon.hear_of_payment(jsonb_build_object('purchase_id', 'pur_paid', 'said', 'refunded', 'amount', 100, 'at', '${START}'));
  SELECT boon.begin_refunds(json_build_array(
    json_build_object('i', 0, 'key', 'r', 'input_hash', '00', 'at', '${START}', 'id', 'rfd_own', 'purchase_id', 'pur_paid', 'amount', 100, 'reason', 'x', 'asked_by', 'mia')));
  SELECT boon.hear_of_refund(jsonb_build_object('refund_id', 'rfd_own', 'provider_id', 're_own', 'status', 'succeeded', 'at', '${START}'));
  SELECT boon.hear_of_payment(jsonb_build_object('purchase_id', 'pur_cheap', 'said', 'refunded', 'amount', 100, 'at', '${START}'));
  SELECT boon.put_top_up('VERSION', 'ada', '{"package":"credits-100","below":"20","monthly_cap":{"amount":800,"currency":"usd"}}', 'ada', '${START}');
`;

test('purchases, refunds and consents of before are carried over: verified, and followed from then on', async () => {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = await createDatabase(adminUrl, name);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  try {
    await client.query('CREATE SCHEMA IF NOT EXISTS boon');
    const old = new Postgrator({
      driver: 'pg',
      migrationPattern: `${FOLDER}/*.sql`,
      schemaTable: 'boon.schema_version',
      newline: 'LF',
      execQuery: (query) => client.query(query),
    });
    await old.migrate(BEFORE);
    const { version, policy } = policyWith();
    await client.query('SELECT boon.use_policy($1, $2, $3), boon.use_rules($1, $2)', [
      version,
      JSON.stringify(policy),
      START,
    ]);
    await client.query(
      "INSERT INTO boon.accounts (id, plan, kind, status, created_at, billing_day, updated_at) VALUES ('ada', 'plus', 'person', 'active', $1, 1, $1)",
      [START],
    );
    await client.query(SCENE.replaceAll('VERSION', version));
    await migrate(url);
    await ledger.usePolicy(policyWith(), START);
    await expectVerified(ledger);
    expect(await ledger.findPurchase('pur_paid')).toMatchObject({
      status: 'paid',
      refunded: usd(200),
      paid: usd(400),
      tax: usd(0),
    });
    expect(await ledger.findPurchase('pur_cheap')).toMatchObject({ status: 'refunded', paid: usd(100) });
    expect(await ledger.topUp('ada', START)).toMatchObject({
      price: { amount: 400, currency: 'usd' },
      blocked_by: null,
    });
    // The refund of before fails, and the one that Boon made.
    const at = later(START, { days: 1 });
    const failed = { at, status: 'failed', said_at: at } as const;
    await ledger.hearOfRefund({
      ...failed,
      provider_id: 're_there',
      payment_id: 'pi_pur_paid',
      amount: 100,
      made_at: START,
    });
    expect(await ledger.findPurchase('pur_paid')).toMatchObject({ refunded: usd(100) });
    await ledger.hearOfRefund({ ...failed, refund_id: 'rfd_own', provider_id: 're_own', amount: 100 });
    expect(await ledger.findPurchase('pur_paid')).toMatchObject({ refunded: usd(0) });
    await expectVerified(ledger);
  } finally {
    await ledger.close();
    await client.end();
    await dropDatabase(adminUrl, name);
  }
});
