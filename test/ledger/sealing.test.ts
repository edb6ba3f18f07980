import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCampaign, runToItsEnd } from '../support/campaigns.ts';
import { give, grant } from '../support/gifts.ts';
import { holding, untilWaiting } from '../support/held-lock.ts';
import {
  expectVerified,
  later,
  openTestLedger,
  START,
  seedAccount,
  type TestLedger,
} from '../support/test-ledger.ts';

let own: TestLedger;
beforeEach(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ann', { credits: '1000' });
  await seedAccount(own.ledger, 'bob');
});
afterEach(() => own.close());

let serial = 0;
/** A grant in a transaction that the test ends when it likes. */
function write(): string {
  serial += 1;
  const grant = {
    i: 0,
    key: `sealing/${serial}`,
    input_hash: '00',
    at: START,
    account_id: 'boon:promotional',
    amount: 1,
    source: 'promotional',
    expires_at: null,
    giftable: true,
    reason: 'test',
    products: null,
  };
  return `SELECT * FROM boon_code.grant_credits('[${JSON.stringify(grant)}]')`;
}

/** The same under a number that was drawn before: the next one of the sequence, for as long as it takes. */
const writeUnder = (seq: string) => `
  SELECT setval('boon.transfers_seq_seq', ${seq}, false); ${write()};
  SELECT setval('boon.transfers_seq_seq', (SELECT max(seq) FROM boon.transfers))`;

const blocks = () =>
  own.sql('SELECT number::int, transfers::int, seqs::text FROM boon.blocks ORDER BY number');
const unsealed = async () => (await own.sql('SELECT transfers::int FROM boon_code.unsealed()'))[0]?.transfers;
/** Seals until no gap is watched: transactions of other tests, on the same server, are waited for too. */
const untilNoGaps = (at: string) =>
  expect
    .poll(
      async () => {
        await own.ledger.sealBlocks(at);
        return gaps();
      },
      { timeout: 120_000 },
    )
    .toEqual([]);
const gaps = async () => own.sql('SELECT first_seq::int, last_seq::int FROM boon.seal_gaps ORDER BY 1');

describe('sealing', () => {
  test('does not wait for a writer that is idle in its transaction, nor does it make others wait', async () => {
    await holding(own, [write(), []], async (query) => {
      await grant(own.ledger, 'ann', '1');
      expect(await own.ledger.sealBlocks(START)).toBe(1);
      await grant(own.ledger, 'ann', '1');
      expect(await own.ledger.sealBlocks(START)).toBe(1);
      expect(await unsealed()).toBe(0);
      await query('COMMIT');
    });
    // What the writer wrote has a lower number than what is sealed: it stands in a later block.
    expect(await unsealed()).toBe(1);
    expect(await own.ledger.sealBlocks(START)).toBe(1);
    expect((await blocks()).map(({ seqs }) => seqs)).toEqual(['{[1,2),[3,4)}', '{[4,5)}', '{[2,3)}']);
    expect(await unsealed()).toBe(0);
    await grant(own.ledger, 'ann', '1');
    await own.ledger.sealBlocks(START);
    await expectVerified(own.ledger);
  });

  test('waits for no VACUUM, and stops none', async () => {
    await holding(own, ['LOCK TABLE boon.transfers IN SHARE UPDATE EXCLUSIVE MODE', []], async () => {
      expect(await own.ledger.sealBlocks(START)).toBe(1);
      await grant(own.ledger, 'ann', '1');
    });
  });

  test('keeps no writer waiting while it is at work', async () => {
    await holding(own, [`SELECT boon_code.seal_block(1000, 1000, '${START}')`, []], async (query) => {
      await grant(own.ledger, 'ann', '1');
      await give(own.ledger, 'ann', 'bob');
      await query('COMMIT');
    });
    expect(await own.ledger.sealBlocks(START)).toBe(1);
  });

  test('a number that was drawn in an earlier statement, and is written after the seal, breaks no block', async () => {
    const client = new pg.Client({ connectionString: own.url });
    await client.connect();
    try {
      // No transaction holds the number: not even one with an id.
      const { rows } = await client.query(`SELECT nextval('boon.transfers_seq_seq') AS seq`);
      for (let n = 0; n < 45; n++) {
        await grant(own.ledger, 'ann', '1');
        await own.ledger.sealBlocks(later(START, { seconds: n }));
      }
      await client.query(writeUnder(rows[0].seq));
    } finally {
      await client.end();
    }
    await own.ledger.sealBlocks(later(START, { minutes: 1 }));
    expect(await unsealed()).toBe(0);
    expect((await blocks()).length).toBe(46);
    await expectVerified(own.ledger);
  });

  test('a page of a campaign beside 45 seals breaks no block', async () => {
    for (let n = 0; n < 30; n++) await seedAccount(own.ledger, `person-${n}`);
    const campaign = await createCampaign(own.ledger, {
      kind: 'grant_credits',
      amount: '1',
      source: 'promotional',
      giftable: false,
      valid_for: 'P30D',
    });
    await Promise.all([
      runToItsEnd(own.ledger, campaign.id, { size: 2 }),
      (async () => {
        for (let n = 0; n < 45; n++) {
          await grant(own.ledger, 'ann', '1');
          await own.ledger.sealBlocks(START);
        }
      })(),
    ]);
    await own.ledger.sealBlocks(START);
    expect(await unsealed()).toBe(0);
    expect((await blocks()).length).toBeGreaterThan(40);
    await expectVerified(own.ledger);
  });

  test('a number that nobody wrote is looked for as long as a transaction may live that drew it, and for an hour', async () => {
    await own.sql(`SELECT nextval('boon.transfers_seq_seq')`);
    await grant(own.ledger, 'ann', '1');
    await own.ledger.sealBlocks(START);
    const gap = [{ first_seq: 2, last_seq: 2 }];
    expect(await gaps()).toEqual(gap);
    await own.ledger.sealBlocks(later(START, { minutes: 59, seconds: 59 }));
    expect(await gaps()).toEqual(gap);
    await untilNoGaps(later(START, { hours: 1 }));
  });

  test('a gap stays as long as a transaction runs that was at work when it was noticed', async () => {
    await holding(
      own,
      [`SELECT pg_current_xact_id(), nextval('boon.transfers_seq_seq')`, []],
      async (query) => {
        await grant(own.ledger, 'ann', '1');
        await own.ledger.sealBlocks(START);
        await own.ledger.sealBlocks(later(START, { days: 30 }));
        expect(await gaps()).toEqual([{ first_seq: 2, last_seq: 2 }]);
        await query('ROLLBACK');
      },
    );
    await untilNoGaps(later(START, { days: 30 }));
  });

  test('of a wide gap what was written is sealed, and the rest is looked for', async () => {
    await own.sql(`SELECT nextval('boon.transfers_seq_seq') FROM generate_series(1, 5)`);
    await grant(own.ledger, 'ann', '1');
    await own.ledger.sealBlocks(START);
    expect(await gaps()).toEqual([{ first_seq: 2, last_seq: 6 }]);
    await own.sql(writeUnder('4'));
    await own.ledger.sealBlocks(START);
    expect(await gaps()).toEqual([
      { first_seq: 2, last_seq: 3 },
      { first_seq: 5, last_seq: 6 },
    ]);
    await expectVerified(own.ledger);
  });

  test('goes on in another cluster, whose transaction ids are lower', async () => {
    await own.sql(`SELECT nextval('boon.transfers_seq_seq')`);
    await grant(own.ledger, 'ann', '1');
    await own.ledger.sealBlocks(START);
    await own.sql(`UPDATE boon.seal_gaps SET until = '18446744073709551615'`);
    await untilNoGaps(later(START, { hours: 2 }));
    await grant(own.ledger, 'ann', '1');
    expect(await own.ledger.sealBlocks(later(START, { hours: 2 }))).toBe(1);
    await expectVerified(own.ledger);
  });

  test('of rows that were written again, as by a restore, the blocks are the same', async () => {
    await own.ledger.sealBlocks(START);
    await give(own.ledger, 'ann', 'bob');
    await own.sql(`ALTER TABLE boon.transfers DISABLE TRIGGER append_only;
      CREATE TEMP TABLE copy AS TABLE boon.transfers; TRUNCATE boon.transfers;
      INSERT INTO boon.transfers OVERRIDING SYSTEM VALUE SELECT * FROM copy ORDER BY seq DESC;
      ALTER TABLE boon.transfers ENABLE TRIGGER append_only;`);
    expect(await own.ledger.sealBlocks(START)).toBe(1);
    expect(await unsealed()).toBe(0);
    await expectVerified(own.ledger);
  });

  test('by two at once waits for the other, and seals nothing twice', async () => {
    await holding(own, [`SELECT boon_code.seal_block(1000, 1000, '${START}')`, []], async (query) => {
      const second = own.ledger.sealBlocks(START);
      await untilWaiting(own, 1);
      await query('COMMIT');
      expect(await second).toBe(0);
    });
    expect((await blocks()).length).toBe(1);
  });

  test('no function draws the number of a transfer before it has locked what it changes', async () => {
    // A transaction that has locked rows has an id, so that a gap in which its numbers lie stays watched until it has ended.
    const functions = (await own.sql(`
      SELECT p.proname AS name, pg_get_functiondef(p.oid) AS text FROM pg_proc p
      WHERE p.pronamespace = 'boon_code'::regnamespace AND p.prokind = 'f' AND pg_get_functiondef(p.oid) LIKE '%nextval(%'`)) as {
      name: string;
      text: string;
    }[];
    const drawing = functions.filter(({ text }) => text.includes(`nextval('boon.transfers_seq_seq')`));
    expect(drawing.map(({ name }) => name).toSorted()).toEqual(Object.keys(DRAWS_TRANSFERS).toSorted());
    for (const { name, text } of drawing)
      expect(text.indexOf(DRAWS_TRANSFERS[name] ?? '?'), name).toBeGreaterThan(-1);
    // Every other sequence that is drawn by hand is known: none of them is the order of something sealed.
    const drawn = new Set(
      functions.flatMap(({ text }) => [...text.matchAll(/nextval\('([^']+)'/g)].map((m) => m[1])),
    );
    expect([...drawn].toSorted()).toEqual([
      'boon.accounts_number_seq',
      'boon.lots_id_seq',
      'boon.resets_id_seq',
      'boon.transfers_seq_seq',
      'boon.usage_seq',
    ]);
  });
});

/** What in each function makes an early number harmless: it is drawn in the statement that inserts, or under locks. */
const DRAWS_TRANSFERS: Readonly<Record<string, string>> = {
  write_gifts: 'INSERT INTO boon.transfers',
  settle_gifts: 'INSERT INTO boon.transfers',
  apply_campaign: 'INSERT INTO boon.campaign_accounts',
  use: 'FOR UPDATE',
  // For `use`, which has locked the account and the transfers by then.
  take_back_let_go: 'p boon_code.purse',
};
