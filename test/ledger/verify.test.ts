import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { PROMOTIONAL_BUDGET } from '../../src/domain/account.ts';
import { INCREMENTAL } from '../../src/ledger/incremental-invariants.ts';
import { INVARIANTS } from '../../src/ledger/invariants.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createPostgresLedger } from '../../src/ledger/postgres-ledger.ts';
import { TIMELY_INVARIANTS } from '../../src/ledger/timely-invariants.ts';
import type { VerifyOptions, VerifyReport } from '../../src/ledger/verify.ts';
import { type CheckedDatabase, verify } from '../../src/ledger/verify.ts';
import { createDatabase, dropDatabase } from '../../src/local/postgres.ts';
import { ACCOUNT_DAMAGES, makeAccountScene } from '../support/account-damages.ts';
import { BILLING_DAMAGES, makeBillingScene } from '../support/billing-damages.ts';
import { CAMPAIGN_DAMAGES, makeCampaignScene } from '../support/campaign-damages.ts';
import { act, claim, give, grant } from '../support/gifts.ts';
import { LETTER_DAMAGES, TIMELY_LETTER_DAMAGES } from '../support/letter-damages.ts';
import { makePurchaseScene, PURCHASE_DAMAGES } from '../support/purchase-damages.ts';
import { makeReferralScene, REFERRAL_DAMAGES } from '../support/referral-damages.ts';
import { makeResetScene, RESET_DAMAGES } from '../support/reset-damages.ts';
import { NEAR_DAMAGES, SOUND_CHANGES } from '../support/sound-changes.ts';
import { TEMPLATE_DATABASE } from '../support/suite.ts';
import { later, policyWith, START, seedAccount } from '../support/test-ledger.ts';
import { makeUsageScene, USAGE_DAMAGES } from '../support/usage-damages.ts';

/** A ledger in which everything has happened once, sealed. Gifts are named by what happened to them. */
async function makeScene(ledger: Ledger): Promise<void> {
  await seedAccount(ledger, 'ann', { credits: '50', expires_at: later(START, { days: 90 }) });
  await grant(ledger, 'ann', '100');
  await grant(ledger, 'ann', '7', { expires_at: later(START, { hours: 1 }), giftable: false });
  await seedAccount(ledger, 'bob', { credits: '30' });
  await seedAccount(ledger, 'cleo');
  await grant(ledger, PROMOTIONAL_BUDGET, '500', { source: 'promotional' });
  const gift = (id: string, to: string, more: object = {}) => give(ledger, 'ann', to, { id, ...more });
  await gift('settled', 'bob', { amount: '60' });
  await gift('reversed', 'bob', { amount: '8' });
  await gift('promoted', 'cleo', { amount: '20', funding: 'promotional' });
  const canceled = await gift('canceled', 'bob', { amount: '5' });
  await gift('expired', 'nobody@example.com', { amount: '6' });
  const claimed = await give(ledger, 'bob', 'cleo@example.com', { id: 'claimed', amount: '9' });
  await act(ledger, canceled, 'cancel', START);
  await claim(ledger, claimed, 'cleo', later(START, { hours: 1 }));
  await ledger.expireLots(later(START, { hours: 2 }), 100);
  const tomorrow = later(START, { days: 1 });
  await ledger.advanceGifts(['settled', 'reversed', 'promoted', 'claimed'], tomorrow);
  await act(ledger, { id: 'reversed' }, 'reverse', tomorrow);
  await ledger.advanceGifts(['expired'], later(START, { days: 14 }));
  const now = later(START, { days: 15 });
  await give(ledger, 'bob', 'cleo', { id: 'pending', at: now });
  const held = await give(ledger, 'bob', 'cleo', { id: 'held', at: now });
  await act(ledger, held, 'hold', now);
  await makeAccountScene(ledger);
  await makeResetScene(ledger);
  await makeUsageScene(ledger);
  await makeBillingScene(ledger);
  await makeCampaignScene(ledger, later(START, { days: 41 }));
  await makeReferralScene(ledger, later(START, { days: 45 }));
  await makePurchaseScene(ledger, later(START, { days: 46 }));
  await ledger.sealBlocks(now);
}

/** As a restore does it: no trigger sees what is changed in this transaction. */
const WITHOUT_TRIGGERS = 'SET LOCAL session_replication_role = replica;';
/** Once more what was kept while the ledger was empty: damages that were undone count as written, too. */
const CHECKPOINT = `INSERT INTO boon.checkpoints (block, hash, written) VALUES (0, '', boon_code.written());`;
const transferOf = (gift: string) => `(SELECT transfer FROM boon.gifts WHERE id = '${gift}')`;
const resolutionOf = (gift: string) =>
  `(SELECT seq FROM boon.transfers WHERE resolves = ${transferOf(gift)})`;

/** Each: the invariant that must notice, what was done, and how. */
const DAMAGES: [string, string, string][] = [
  [
    'every resolution repeats its pending transfer',
    'a settlement of another amount',
    `UPDATE boon.transfers SET amount = amount + 1 WHERE seq = ${resolutionOf('settled')}`,
  ],
  [
    'every resolution repeats its pending transfer',
    'a settlement to somebody else',
    `UPDATE boon.transfers SET credit_account = 'cleo' WHERE seq = ${resolutionOf('settled')}`,
  ],
  [
    'every resolution repeats its pending transfer',
    'a settlement of a hold that is gone',
    `DELETE FROM boon.transfers WHERE seq = ${transferOf('settled')}`,
  ],
  [
    'totals equal the sum of transfers',
    'credits posted without a transfer',
    `UPDATE boon.ledger_accounts SET credits_posted = credits_posted + 1 WHERE id = 'cleo'`,
  ],
  [
    'totals equal the sum of transfers',
    'a hold forgotten',
    `UPDATE boon.ledger_accounts SET debits_pending = debits_pending - 1 WHERE id = 'bob'`,
  ],
  [
    'totals equal the sum of transfers',
    'an account that is gone',
    `DELETE FROM boon.ledger_accounts WHERE id = 'cleo'`,
  ],
  [
    'nothing is made or lost',
    'credits from nowhere on both sides of an account',
    `UPDATE boon.ledger_accounts SET credits_posted = credits_posted + 5 WHERE id = 'bob'`,
  ],
  [
    'no account is below zero',
    'more spent than there is',
    `ALTER TABLE boon.ledger_accounts DROP CONSTRAINT available_not_below_zero;
     UPDATE boon.ledger_accounts SET debits_posted = credits_posted + 1 WHERE id = 'bob'`,
  ],
  [
    'a lot is the sum of its entries',
    'a lot filled up',
    `UPDATE boon.lots SET remaining = granted WHERE account_id = 'ann'`,
  ],
  [
    'a lot is the sum of its entries',
    'an entry that is gone',
    `DELETE FROM boon.entries WHERE transfer = ${transferOf('settled')} AND slice = 2`,
  ],
  [
    'a lot began with the entry of its grant',
    'a lot that says it was larger',
    `UPDATE boon.lots SET granted = granted + 1 WHERE account_id = 'cleo'`,
  ],
  [
    'lots equal the balance of their account',
    'a lot moved to somebody else',
    `UPDATE boon.lots SET account_id = 'bob' WHERE account_id = 'cleo'`,
  ],
  [
    'an entry belongs to a transfer and to the account of its lot',
    'an entry of somebody else',
    `UPDATE boon.entries SET account_id = 'bob' WHERE account_id = 'cleo'`,
  ],
  [
    'an entry belongs to a transfer and to the account of its lot',
    'two entries of no transfer that add up to nothing',
    `INSERT INTO boon.entries SELECT 1000000, x.slice, e.account_id, e.lot_id, e.kind, x.amount, e.balance_after, e.reference, e.effective_at
     FROM (SELECT * FROM boon.entries WHERE account_id = 'ann' LIMIT 1) e, (VALUES (1, 1), (2, -1)) x (slice, amount)`,
  ],
  [
    'entries explain every transfer',
    'a grant with another amount than its entry',
    `UPDATE boon.transfers SET amount = amount - 1 WHERE kind = 'grant' AND credit_account = 'bob'`,
  ],
  [
    'entries explain every transfer',
    'a settlement whose entry stands in another account',
    `UPDATE boon.entries SET account_id = 'ann' WHERE transfer = ${resolutionOf('promoted')}`,
  ],
  [
    'a hold is resolved slice by slice',
    'a canceled gift that went back to another lot',
    `UPDATE boon.entries SET lot_id = (SELECT max(id) FROM boon.lots WHERE account_id = 'ann') WHERE transfer = ${resolutionOf('canceled')}`,
  ],
  [
    'a hold is resolved slice by slice',
    'a gifted lot that names another source',
    `UPDATE boon.lots SET from_lot = from_lot + 1 WHERE transfer = ${resolutionOf('settled')}`,
  ],
  [
    'a lot continues with the terms of another of its owner, and has one time of grace',
    'a lot that goes on from somebody else’s',
    `UPDATE boon.lots SET continues = (SELECT max(id) FROM boon.lots WHERE account_id = 'ann') WHERE account_id = 'cleo'`,
  ],
  [
    'a lot continues with the terms of another of its owner, and has one time of grace',
    'a grace without end',
    `UPDATE boon.lots SET first_expires_at = expires_at - interval '1 year' WHERE account_id = 'ann' AND expires_at IS NOT NULL`,
  ],
  [
    'a statement adds up line by line',
    'a line with another balance',
    `UPDATE boon.entries SET balance_after = balance_after + 1 WHERE transfer = ${transferOf('canceled')}`,
  ],
  [
    'holds equal open gifts',
    'a gift called settled that is not',
    `UPDATE boon.gifts SET status = 'settled', settled_at = now() WHERE id = 'pending'`,
  ],
  [
    'holds equal open gifts',
    'a gift called open that has settled',
    `UPDATE boon.gifts SET status = 'pending', settled_at = NULL WHERE id = 'settled'`,
  ],
  [
    'holds equal open gifts',
    'a gift called canceled that expired',
    `UPDATE boon.gifts SET status = 'canceled' WHERE id = 'expired'`,
  ],
  [
    'holds equal open gifts',
    'a gift of another amount',
    `UPDATE boon.gifts SET amount = amount + 1 WHERE id = 'held'`,
  ],
  [
    'holds equal open gifts',
    'a gift to somebody else',
    `UPDATE boon.gifts SET recipient_id = 'ann' WHERE id = 'pending'`,
  ],
  ['holds equal open gifts', 'a hold without a gift', `DELETE FROM boon.gifts WHERE id = 'pending'`],
  [
    'holds equal open gifts',
    'a gift without a hold',
    `UPDATE boon.gifts SET transfer = 1000000 WHERE id = 'pending'`,
  ],
  [
    'holds equal open gifts',
    'one hold for two gifts',
    `UPDATE boon.gifts SET transfer = ${transferOf('held')} WHERE id = 'pending'`,
  ],
  [
    'a reversal took back what its gift says',
    'a reversal that says more',
    `UPDATE boon.gifts SET recovered = recovered - 1 WHERE id = 'reversed'`,
  ],
  [
    'a reversal took back what its gift says',
    'a reversal of a gift that was not reversed',
    `UPDATE boon.gifts SET status = 'settled', recovered = NULL WHERE id = 'reversed'`,
  ],
  [
    'limits count the gifts',
    'a limit with room that is not there',
    `UPDATE boon.gift_usage SET month_count = month_count - 1 WHERE account_id = 'ann'`,
  ],
  [
    'limits count the gifts',
    'counters that are gone',
    `DELETE FROM boon.gift_usage WHERE account_id = 'ann'`,
  ],
  [
    'limits count the gifts',
    'a promotional gift that is not counted',
    `UPDATE boon.gift_usage SET promotional_count = 0 WHERE account_id = 'ann'`,
  ],
  [
    'nobody gave more than a limit allows',
    'eleven gifts in a day',
    `INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, policy_version, transfer, accepted_at, counted_on, settles_at)
     SELECT 'more-' || n, 'pending', sender_id, recipient_id, payer_id, amount, policy_version, -n, accepted_at, counted_on, settles_at
     FROM boon.gifts, generate_series(1, 9) n WHERE id = 'pending'`,
  ],
  [
    'every gift has its events',
    'a settlement that nobody was told of',
    `DELETE FROM boon.events WHERE subject = 'settled' AND type = 'gift.settled'`,
  ],
  [
    'every gift has its events',
    'an acceptance that nobody was told of',
    `DELETE FROM boon.events WHERE subject = 'held' AND type = 'gift.accepted'`,
  ],
  ...ACCOUNT_DAMAGES,
  ...RESET_DAMAGES,
  ...USAGE_DAMAGES,
  ...BILLING_DAMAGES,
  ...CAMPAIGN_DAMAGES,
  ...REFERRAL_DAMAGES,
  ...PURCHASE_DAMAGES,
  ...NEAR_DAMAGES,
  ...LETTER_DAMAGES,
  ...(
    [
      ['an edited reference', `UPDATE boon.transfers SET reference = reference || '!' WHERE kind = 'grant'`],
      [
        'an edited time',
        `UPDATE boon.transfers SET effective_at = effective_at + interval '1 microsecond' WHERE seq = 1`,
      ],
      [
        'an edited record',
        `UPDATE boon.transfers SET recorded_at = recorded_at - interval '1 day' WHERE seq = 1`,
      ],
      ['an edited entry', `UPDATE boon.entries SET lot_id = lot_id + 1 WHERE transfer = 1`],
      [
        'an edited time of an entry',
        `UPDATE boon.entries SET effective_at = effective_at - interval '1 day' WHERE transfer = 1`,
      ],
      ['a kind of an entry', `UPDATE boon.entries SET kind = 'gift_received' WHERE transfer = 1`],
      ['an entry taken out', `DELETE FROM boon.entries WHERE transfer = 1`],
      ['a transfer taken out', `DELETE FROM boon.transfers WHERE seq = ${transferOf('held')}`],
      ['an edited digest', `UPDATE boon.blocks SET hash = sha256(hash) WHERE number = 1`],
      ['a block that begins later', `UPDATE boon.blocks SET first_seq = first_seq + 1 WHERE number = 1`],
      ['a block with another number of transfers', `UPDATE boon.blocks SET transfers = transfers - 1`],
    ] as const
  ).map(([what, sql]): [string, string, string] => ['the chain of sealed blocks is whole', what, sql]),
  ...(
    [
      ['another source', `UPDATE boon.lots SET source = 'earned' WHERE id = 1`],
      ['a later expiry', `UPDATE boon.lots SET expires_at = expires_at + interval '1 day' WHERE id = 3`],
      ['no expiry any more', 'UPDATE boon.lots SET expires_at = NULL WHERE id = 3'],
      ['credits that may be given now', 'UPDATE boon.lots SET giftable = true WHERE id = 3'],
      ['other products', `UPDATE boon.lots SET products = '{codex}' WHERE id = 1`],
      ['another moment', `UPDATE boon.lots SET granted_at = granted_at - interval '1 day' WHERE id = 1`],
      [
        'a gifted lot that may be given',
        `UPDATE boon.lots SET giftable = NOT giftable WHERE transfer = ${resolutionOf('settled')}`,
      ],
      [
        'a gifted lot that lives longer',
        `UPDATE boon.lots SET expires_at = expires_at + interval '1 year' WHERE transfer = ${resolutionOf('settled')}`,
      ],
      [
        'a purchased lot that is not giftable',
        `UPDATE boon.lots SET giftable = false WHERE id = (SELECT min(lot_id) FROM boon.purchases)`,
      ],
      [
        'a purchased lot that lives for ever',
        `UPDATE boon.lots SET expires_at = NULL WHERE id = (SELECT min(lot_id) FROM boon.purchases)`,
      ],
    ] as const
  ).map(([what, sql]): [string, string, string] => ['a lot has the terms of its grant', what, sql]),
  [
    'a grant has the write that asked for it',
    'a key that is gone',
    `DELETE FROM boon.idempotency_keys WHERE result -> 'lot' ->> 'id' = '1'`,
  ],
  [
    'a grant has the write that asked for it',
    'a reward that is gone',
    'DELETE FROM boon.referral_rewards WHERE lot_id IS NOT NULL',
  ],
  [
    'who has something is an account',
    'an account that is gone',
    `DELETE FROM boon.accounts WHERE id = 'cleo'`,
  ],
  [
    'who has something is an account',
    'an account and its balance that are gone',
    `DELETE FROM boon.accounts WHERE id = 'ann'; DELETE FROM boon.ledger_accounts WHERE id = 'ann'`,
  ],
  [
    'who has something is an account',
    'a balance that is gone',
    `DELETE FROM boon.ledger_accounts WHERE id = 'cleo'`,
  ],
  [
    'what happened cannot be changed',
    'a guard that was switched off',
    'ALTER TABLE boon.entries DISABLE TRIGGER append_only',
  ],
  [
    'what happened cannot be changed',
    'a guard taken from a month of uses',
    'DROP TRIGGER append_only ON boon.usage_2026_03',
  ],
  [
    'what happened cannot be changed',
    'spending that may fall',
    'ALTER TABLE boon.spending DISABLE TRIGGER only_grows',
  ],
  [
    'every transfer is sealed once',
    'a transfer put in behind a sealed block',
    `WITH gone AS (DELETE FROM boon.transfers WHERE seq = 1 RETURNING *)
     INSERT INTO boon.transfers OVERRIDING SYSTEM VALUE SELECT * FROM gone;
     UPDATE boon.blocks SET seqs = seqs - '{[1,2)}' WHERE number = 1`,
  ],
  [
    'every transfer is sealed once',
    'a transfer in two blocks',
    `INSERT INTO boon.blocks SELECT number + 1, 1, 1, 1, hash, hash, effective_at, recorded_at, '{[1,2)}' FROM boon.blocks WHERE number = 1`,
  ],
];

/** The first of each check that is narrowed since a checkpoint; where all totals hold, nothing is made or lost. */
const FIRST_DAMAGES = DAMAGES.filter(
  ([invariant], n) =>
    invariant in INCREMENTAL &&
    invariant !== 'nothing is made or lost' &&
    DAMAGES.findIndex(([other]) => other === invariant) === n,
);

/** Damages to what the very first transfer made: to the first row that has to be looked at. */
const FIRST_TRANSFER = '(SELECT min(seq) FROM boon.transfers)';
const FIRST_ROW_DAMAGES: [string, string][] = [
  [
    'a lot has the terms of its grant',
    `UPDATE boon.lots SET continues = (SELECT max(id) FROM boon.lots WHERE account_id = 'bob') WHERE transfer = ${FIRST_TRANSFER}`,
  ],
  [
    'a lot began with the entry of its grant',
    `UPDATE boon.lots SET granted = granted + 1 WHERE transfer = ${FIRST_TRANSFER}`,
  ],
  [
    'an entry belongs to a transfer and to the account of its lot',
    `UPDATE boon.entries SET account_id = 'bob' WHERE transfer = ${FIRST_TRANSFER}`,
  ],
  [
    'entries explain every transfer',
    `UPDATE boon.transfers SET amount = amount - 1 WHERE seq = ${FIRST_TRANSFER}`,
  ],
  [
    'a grant has the write that asked for it',
    `DELETE FROM boon.idempotency_keys WHERE result -> 'lot' ->> 'id' = (SELECT id::text FROM boon.lots WHERE transfer = ${FIRST_TRANSFER})`,
  ],
];
const LEFT = 'each use found the windows as the one before it left them';

const admin = inject('postgresUrl');
const scene = `scene_${randomBytes(6).toString('hex')}`;
let client: pg.Client;
beforeAll(async () => {
  const url = await createDatabase(admin, scene, { template: TEMPLATE_DATABASE });
  const ledger = createPostgresLedger({ url, encryptionKey: randomBytes(32) });
  try {
    await ledger.usePolicy(policyWith(), START);
    await ledger.verify(undefined, { keepCheckpoint: true });
    await makeScene(ledger);
    client = new pg.Client({ connectionString: url });
    await client.connect();
  } finally {
    await ledger.close();
  }
});
afterAll(async () => {
  await client.end();
  await dropDatabase(admin, scene);
});

/** Verifies the scene after `sql` was run on it, in one transaction that is then rolled back. */
async function verifyAfter(
  sql: string,
  progress: (check: string) => void = () => undefined,
  options?: VerifyOptions,
  isLeftOut: () => boolean = () => false,
): Promise<VerifyReport> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    return await verify({ connect: async () => insideItsTransaction(client, isLeftOut) }, progress, options);
  } finally {
    await client.query('ROLLBACK');
  }
}

/** The same, but of the checks only this one is made: all of them for each damage would be most of this file's work. */
async function verifyOnly(check: string, sql: string, options?: VerifyOptions): Promise<VerifyReport> {
  let running = '';
  const hear = (name: string) => {
    running = name;
  };
  return await verifyAfter(sql, hear, options, () => running !== '' && running !== check);
}

/** A connection on which what `verify` begins and commits is not begun and committed, and of the checks some are left out. */
function insideItsTransaction(
  connection: pg.Client,
  isLeftOut: () => boolean,
): Awaited<ReturnType<CheckedDatabase['connect']>> {
  const query = ((text: string, values?: unknown[]) => {
    if (/ LIMIT \d+$/.test(text) && isLeftOut()) return Promise.resolve({ rows: [] });
    return connection.query(/^(BEGIN|COMMIT)/.test(text) ? '' : text, values);
  }) as pg.Client['query'];
  return { query, release: () => undefined };
}

describe('verify', () => {
  test('finds nothing wrong where everything has happened, and counts what it looked at', async () => {
    const seen: string[] = [];
    expect(await verifyAfter('', (check) => seen.push(check))).toMatchObject({
      ok: true,
      violations: [],
      checked: { gifts: 11, accounts: 19, blocks: 1 },
    });
    expect(seen).toEqual(Object.keys(INVARIANTS));
  });

  test('each of its checks is shown to fail below', () => {
    expect(new Set(DAMAGES.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(INVARIANTS)));
  });

  test.for(DAMAGES)('%s: %s is found', async ([invariant, _what, sql]) => {
    const damaged = WITHOUT_TRIGGERS + sql;
    // With the first damage of each kind all checks are made: none may fail over what is broken for another.
    const isFirst = FIRST_DAMAGES.some(([, , first]) => first === sql);
    const { ok, violations } = await (isFirst ? verifyAfter(damaged) : verifyOnly(invariant, damaged));
    expect(ok).toBe(false);
    expect(violations.map((violation) => violation.invariant)).toContain(invariant);
  });

  test.for(SOUND_CHANGES)('%s: %s is nothing wrong', async ([invariant, _what, sql]) => {
    expect(await verifyOnly(invariant, WITHOUT_TRIGGERS + sql)).toMatchObject({ ok: true, violations: [] });
  });

  test('since a checkpoint all that came after it is proved, and nothing is wrong', async () => {
    const report = await verifyAfter(CHECKPOINT, undefined, { sinceCheckpoint: true });
    expect(report).toMatchObject({
      ok: true,
      violations: [],
      since_checkpoint: expect.any(Number),
      checked: { blocks: 1 },
    });
  });

  test.for(FIRST_DAMAGES)(
    '%s: %s is found by what came since a checkpoint too',
    async ([invariant, _what, sql]) => {
      const damaged = CHECKPOINT + WITHOUT_TRIGGERS + sql;
      const { violations, since_checkpoint } = await verifyOnly(invariant, damaged, {
        sinceCheckpoint: true,
      });
      expect(since_checkpoint).toEqual(expect.any(Number));
      expect(violations.map((violation) => violation.invariant)).toContain(invariant);
    },
  );

  test.for(FIRST_ROW_DAMAGES)(
    '%s: since a checkpoint, the first row that came after it is looked at too',
    async ([invariant, sql]) => {
      const damaged = CHECKPOINT + WITHOUT_TRIGGERS + sql;
      const { violations } = await verifyOnly(invariant, damaged, { sinceCheckpoint: true });
      expect(violations.map((violation) => violation.invariant)).toEqual([invariant]);
    },
  );

  test.for([
    ['at', '2026-03-08T23:59:59.999999Z', []],
    ['at', '2026-03-09T00:00:00Z', [LEFT]],
    ['told_at', '2026-03-08T23:59:59.999999Z', []],
    ['told_at', '2026-03-09T00:00:00Z', [LEFT]],
  ] as const)(
    'each use found the windows as the one before it left them: with %s at %s, where all before March was dropped',
    async ([column, moment, found]) => {
      // Eight days after what was dropped. Uses of earlier versions, which name no window, go on from one that was told then.
      const damage = {
        at: `UPDATE boon.usage SET at = '${moment}', weekly_used = weekly_used - 1 WHERE id = 'mia'`,
        told_at: `UPDATE boon.usage SET five_hour_window = NULL, weekly_window = NULL WHERE account_id = 'mia';
          UPDATE boon.usage SET told_at = '${moment}' WHERE id = 'first';
          UPDATE boon.usage SET weekly_used = weekly_used - 1 WHERE id = 'mia'`,
      }[column];
      const { violations } = await verifyOnly(
        LEFT,
        `${WITHOUT_TRIGGERS} INSERT INTO boon.usage_months VALUES ('2026-02-01', '2026-09-01') ON CONFLICT (month) DO UPDATE SET dropped_at = excluded.dropped_at; ${damage}`,
      );
      expect(violations.map((violation) => violation.invariant)).toEqual(found);
    },
  );

  test('every check that is narrowed is one of all', () => {
    expect(Object.keys(INVARIANTS)).toEqual(expect.arrayContaining(Object.keys(INCREMENTAL)));
  });

  test.for([
    ['no gift is overdue', `UPDATE boon.gifts SET settles_at = '2026-01-01' WHERE id = 'pending'`],
    ['no expiry is overdue', `UPDATE boon.lots SET expires_at = '2026-01-01' WHERE id = 1`],
    ['no expiry is overdue', `UPDATE boon.resets SET expires_at = '2026-01-01' WHERE status = 'available'`],
    ['no expiry is overdue', `UPDATE boon.referrals SET expires_at = '2026-01-01' WHERE status = 'invited'`],
    ['no transfer is long unsealed', 'DELETE FROM boon.blocks'],
    ...TIMELY_LETTER_DAMAGES,
  ])('%s: told a time, verify finds it (%s)', async ([invariant = '', sql = '']) => {
    const at = later(new Date().toISOString(), { minutes: 16 });
    const told = await verifyOnly(invariant, WITHOUT_TRIGGERS + sql, { at });
    expect(told.violations.map((violation) => violation.invariant)).toContain(invariant);
    expect(Object.keys(TIMELY_INVARIANTS)).toContain(invariant);
    const untold = await verifyOnly(invariant, WITHOUT_TRIGGERS + sql);
    expect(untold.violations.map((violation) => violation.invariant)).not.toContain(invariant);
  });

  test('a thousand faults of one kind are reported by the first twenty', async () => {
    const report = await verifyAfter(`${WITHOUT_TRIGGERS}
      INSERT INTO boon.entries SELECT 1000000 + n, 1, 'ann', 1, 'grant', 1, 1, '', now() FROM generate_series(1, 1000) n`);
    const orphans = report.violations.filter(({ invariant }) => invariant.startsWith('an entry belongs'));
    expect(orphans).toHaveLength(20);
  });
});
