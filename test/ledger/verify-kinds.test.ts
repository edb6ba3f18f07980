/** Since a checkpoint some checks are made only where transfers of their kinds came, or their own tables were written to. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OF_KINDS } from '../../src/ledger/incremental-invariants.ts';
import { INVARIANTS } from '../../src/ledger/invariants.ts';
import { type CheckedDatabase, type VerifyReport, verify } from '../../src/ledger/verify.ts';
import { give } from '../support/gifts.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';

let own: TestLedger;
let client: pg.Client;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ann', { credits: '100' });
  await seedAccount(own.ledger, 'bob');
  await own.ledger.sealBlocks(START);
  await own.ledger.verify(undefined, { keepCheckpoint: true });
  client = new pg.Client({ connectionString: own.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await own.close();
});

/** Verifies since the checkpoint what `sql` wrote, which is then undone: nobody has counted it by then. */
async function verifySince(sql: string, seen: string[] = []): Promise<VerifyReport> {
  const query = ((text: string, values?: unknown[]) =>
    client.query(/^(BEGIN|COMMIT)/.test(text) ? '' : text, values)) as pg.Client['query'];
  const database: CheckedDatabase = { connect: async () => ({ query, release: () => undefined }) };
  await client.query('BEGIN; SET LOCAL session_replication_role = replica');
  try {
    await client.query(sql);
    return await verify(database, (check) => seen.push(check), { sinceCheckpoint: true });
  } finally {
    await client.query('ROLLBACK');
  }
}

const moved = (kind: string, from = 'ann', to = 'boon:revenue') => `
  INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, reference, effective_at)
  VALUES ('posted', '${kind}', '${from}', '${to}', 7, 'nothing', '${START}');`;
const SEQ = '(SELECT max(seq) FROM boon.transfers)';
const lotOf = (amount: string) => `
  INSERT INTO boon.entries (transfer, slice, account_id, lot_id, kind, amount, balance_after, reference, effective_at)
  SELECT ${SEQ}, 1, 'ann', l.id, 'expired', ${amount}, 0, 'nothing', '${START}' FROM boon.lots l WHERE l.account_id = 'ann';`;

/** Each: the check, a kind, and what moved without that for which such transfers are. */
const STRAY: [check: string, kind: string, sql: string][] = [
  ['charges equal usage', 'usage', moved('usage')],
  ['spending adds up to what uses took', 'usage', moved('usage')],
  [
    'no more of an expiry was taken back than a lot let go',
    'expiry',
    moved('expiry', 'boon:expired', 'ann') + lotOf('7'),
  ],
  [
    'a lot lets go no more than was in it when it expired',
    'expiry',
    moved('expiry', 'ann', 'boon:expired') + lotOf('-l.granted - 1'),
  ],
  ['what is to be invoiced equals its uses and transfers', 'charge', moved('charge', 'boon:receivable')],
  ['an invoice is paid once, by its transfer', 'charge', moved('charge', 'boon:receivable')],
  [
    'an invoice is paid once, by its transfer',
    'payment',
    moved('payment', 'boon:payments', 'boon:receivable'),
  ],
  [
    'an invoice is paid once, by its transfer',
    'correction',
    moved('correction', 'boon:revenue', 'boon:receivable'),
  ],
  [
    'a correction takes back what its transfer says',
    'correction',
    moved('correction', 'boon:revenue', 'boon:receivable'),
  ],
  [
    'campaigns moved the credits that they granted',
    'grant',
    `${moved('grant', 'boon:issuance', 'ann')}
     INSERT INTO boon.campaign_accounts (campaign_id, account_id, outcome, transfer, effective_at)
     SELECT 'none', id, 'granted', ${SEQ}, '${START}' FROM boon.accounts;`,
  ],
  [
    'a reward was banked as it says, and what was taken back was there',
    'clawback',
    moved('clawback', 'ann', 'boon:issuance'),
  ],
  [
    'a paid purchase gave what was bought, once, and no other gave anything',
    'purchase',
    moved('purchase', 'boon:issuance', 'ann'),
  ],
  ['what refunds took is what their purchases say', 'refund', moved('refund', 'ann', 'boon:issuance')],
  [
    'what refunds took is what their purchases say',
    'restoration',
    moved('restoration', 'boon:issuance', 'ann'),
  ],
  ...['refund', 'debt', 'restoration'].map((kind): [string, string, string] => [
    'what was taken for money or a debt is noted lot by lot, and so is what was given back',
    kind,
    kind === 'restoration' ? moved(kind, 'boon:issuance', 'ann') : moved(kind, 'ann', 'boon:issuance'),
  ]),
];

describe('since a checkpoint', () => {
  test.for(STRAY)('%s: a transfer of the kind %s without its reason is found', async ([check, kind, sql]) => {
    expect(OF_KINDS[check]).toContain(kind);
    const { since_checkpoint, violations } = await verifySince(sql);
    expect(since_checkpoint).toEqual(expect.any(Number));
    expect(violations.map(({ invariant }) => invariant)).toContain(check);
  });

  test('every check that goes by kinds is shown to find a transfer of each of them', () => {
    const shown = STRAY.map(([check, kind]) => `${check}: ${kind}`);
    const named = Object.entries(OF_KINDS).flatMap(([check, kinds]) =>
      kinds.map((kind) => `${check}: ${kind}`),
    );
    expect(shown.toSorted()).toEqual(named.toSorted());
    expect(Object.keys(INVARIANTS)).toEqual(expect.arrayContaining(Object.keys(OF_KINDS)));
  });

  test('checks of what gifts do not touch are left out where only gifts came', async () => {
    await give(own.ledger, 'ann', 'bob');
    let seen: string[] = [];
    // PostgreSQL counts what was written for the accounts a little later.
    const madeByKinds = async () => {
      await own.ledger.verify(undefined, { keepCheckpoint: true });
      seen = [];
      await verifySince('', seen);
      return seen.filter((check) => check in OF_KINDS);
    };
    await expect.poll(madeByKinds, { timeout: 30_000 }).toEqual([]);
    expect(seen).toContain('entries explain every transfer');
  });
});
