import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { give } from '../../support/gifts.ts';
import { bank, redeem, use } from '../../support/resets.ts';
import { openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger();
  await seedAccount(own.ledger, 'ann', { credits: '100' });
  await seedAccount(own.ledger, 'bob');
  await give(own.ledger, 'ann', 'bob', { id: 'pending' });
  await give(own.ledger, 'ann', 'somebody@example.com', { id: 'by-email' });
  await give(own.ledger, 'ann', 'bob', { id: 'settled' });
  await own.ledger.advanceGift('settled', '2026-03-11T12:00:00.000Z');
  await bank(own.ledger, 'ann', { count: 3 });
  await use(own.ledger, 'ann', '1');
  await redeem(own.ledger, 'ann');
  await own.ledger.sealBlocks(START);
});
afterAll(() => own.close());

/** Those of them that have rows here. */
const APPEND_ONLY = [
  'transfers',
  'entries',
  'events',
  'idempotency_keys',
  'blocks',
  'policies',
  'policy_documents',
  'plan_rules',
  'reset_rules',
  'program_rules',
  'reset_movements',
  'redemptions',
];

describe('what happened is not changed afterwards', () => {
  test('every append-only table refuses UPDATE, DELETE and TRUNCATE, also from the superuser', async () => {
    const rows = await own.sql(
      `SELECT tgrelid::regclass::text AS name FROM pg_trigger WHERE tgname = 'append_only'`,
    );
    const tables = rows.map(({ name }) => String(name).replace('boon.', ''));
    expect(tables).toEqual(expect.arrayContaining(APPEND_ONLY));
    for (const table of tables) await refusesChanges(table);
  });

  test('what was used is not changed, neither by the name of its table nor by that of its month', async () => {
    for (const table of ['usage', 'usage_2026_03']) {
      expect(await own.sql(`SELECT FROM boon.${table}`), table).not.toEqual([]);
      await refusesChanges(table);
    }
  });

  test('what a campaign granted stays granted; an exclusion may only go', async () => {
    await own.sql(
      `INSERT INTO boon.campaign_accounts VALUES ('c', 'ann', 'granted', NULL, now()), ('c', 'bob', 'plan', NULL, now())`,
    );
    const rows = await own.sql('SELECT * FROM boon.campaign_accounts');
    for (const statement of [
      `DELETE FROM boon.campaign_accounts`,
      `UPDATE boon.campaign_accounts SET outcome = 'plan'`,
      `UPDATE boon.campaign_accounts SET effective_at = now() WHERE account_id = 'bob'`,
      `TRUNCATE boon.campaign_accounts`,
    ])
      await expect(own.sql(statement), statement).rejects.toThrow('is append-only');
    expect(await own.sql('SELECT * FROM boon.campaign_accounts')).toEqual(rows);
    await own.sql(`DELETE FROM boon.campaign_accounts WHERE account_id = 'bob'`);
    await own.sql(withoutTriggers('DELETE FROM boon.campaign_accounts'));
  });

  test('what was spent in a month only grows', async () => {
    await own.sql(`INSERT INTO boon.spending VALUES ('x', '', '2026-03-01', 5)`);
    for (const statement of [
      `DELETE FROM boon.spending`,
      `TRUNCATE boon.spending`,
      `UPDATE boon.spending SET spent = 4`,
      `UPDATE boon.spending SET month = '2026-04-01'`,
      `UPDATE boon.spending SET payer_id = 'y'`,
      `UPDATE boon.spending SET spender_id = 'y'`,
    ])
      await expect(own.sql(statement), statement).rejects.toThrow('is append-only');
    await own.sql(`UPDATE boon.spending SET spent = 6`);
    await own.sql(withoutTriggers('DELETE FROM boon.spending'));
  });
});

const withoutTriggers = (sql: string) => `SET LOCAL session_replication_role = replica; ${sql}`;

async function refusesChanges(table: string): Promise<void> {
  const [{ columns } = { columns: '' }] = await own.sql(
    `SELECT string_agg(column_name, ',') AS columns FROM information_schema.columns
     WHERE table_schema = 'boon' AND table_name = $1 AND is_identity = 'NO'`,
    [table],
  );
  const column = String(columns).split(',')[0];
  const before = await own.sql(`SELECT count(*) FROM boon.${table}`);
  if (APPEND_ONLY.includes(table)) expect(before).not.toEqual([{ count: '0' }]);
  for (const statement of [
    `UPDATE boon.${table} SET ${column} = ${column}`,
    `UPDATE boon.${table} SET ${column} = ${column} WHERE false`,
    `DELETE FROM boon.${table}`,
    `TRUNCATE boon.${table}`,
    `INSERT INTO boon.${table} SELECT * FROM boon.${table} ON CONFLICT DO NOTHING; DELETE FROM boon.${table}`,
  ]) {
    await expect(own.sql(statement), statement).rejects.toThrow(
      /is append-only|cannot insert a non-DEFAULT value|cannot truncate a table referenced in a foreign key/,
    );
  }
  expect(await own.sql(`SELECT count(*) FROM boon.${table}`)).toEqual(before);
}

const TRANSFER =
  'INSERT INTO boon.transfers (phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at)';
const pending = `(SELECT transfer FROM boon.gifts WHERE id = 'pending')`;

describe('rows made by hand that no code would make', () => {
  test.each([
    [
      'an account below zero',
      `UPDATE boon.ledger_accounts SET debits_posted = credits_posted + 1 WHERE id = 'ann'`,
      'available_not_below_zero',
    ],
    [
      'a hold on more than there is',
      `UPDATE boon.ledger_accounts SET debits_pending = credits_posted + 1 WHERE id = 'ann'`,
      'available_not_below_zero',
    ],
    [
      'a negative hold',
      `UPDATE boon.ledger_accounts SET debits_pending = -1 WHERE id = 'bob'`,
      'available_not_below_zero',
    ],
    ['a lot below zero', `UPDATE boon.lots SET remaining = -1`, 'remaining_within_granted'],
    [
      'a lot with more than it was granted',
      `UPDATE boon.lots SET remaining = granted + 1`,
      'remaining_within_granted',
    ],
    [
      'a transfer of nothing',
      `${TRANSFER} VALUES ('posted', 'grant', 'a', 'b', 0, NULL, '', now())`,
      'transfer_is_sound',
    ],
    [
      'a transfer of less than nothing',
      `${TRANSFER} VALUES ('posted', 'grant', 'a', 'b', -5, NULL, '', now())`,
      'transfer_is_sound',
    ],
    [
      'a transfer to oneself',
      `${TRANSFER} VALUES ('posted', 'gift', 'a', 'a', 5, NULL, '', now())`,
      'transfer_is_sound',
    ],
    [
      'a voiding of nothing',
      `${TRANSFER} VALUES ('voided', 'gift', 'a', 'b', 5, NULL, '', now())`,
      'transfer_is_sound',
    ],
    [
      'a pending transfer that resolves another',
      `${TRANSFER} VALUES ('pending', 'gift', 'a', 'b', 5, ${pending}, '', now())`,
      'transfer_is_sound',
    ],
    [
      'a second resolution of one hold',
      `${TRANSFER} SELECT 'voided', kind, debit_account, credit_account, amount, resolves, reference, now()
       FROM boon.transfers WHERE resolves IS NOT NULL LIMIT 1`,
      'transfers_resolved_once',
    ],
    [
      'an entry of nothing',
      `INSERT INTO boon.entries VALUES (999, 1, 'ann', 1, 'grant', 0, 0, '', now())`,
      'entry_is_sound',
    ],
    [
      'an entry that leaves less than nothing',
      `INSERT INTO boon.entries VALUES (999, 1, 'ann', 1, 'grant', -1, -1, '', now())`,
      'entry_is_sound',
    ],
    ['the same slice twice', `INSERT INTO boon.entries SELECT * FROM boon.entries LIMIT 1`, 'entries_pkey'],
    [
      'a gift to oneself',
      `UPDATE boon.gifts SET recipient_id = sender_id WHERE id = 'pending'`,
      'gift_is_sound',
    ],
    ['a gift of nothing', `UPDATE boon.gifts SET amount = 0 WHERE id = 'pending'`, 'gift_is_sound'],
    ['a gift to nobody', `UPDATE boon.gifts SET recipient_id = NULL WHERE id = 'pending'`, 'gift_is_sound'],
    [
      'a pending gift that nobody has claimed',
      `UPDATE boon.gifts SET status = 'pending' WHERE id = 'by-email'`,
      'gift_is_sound',
    ],
    [
      'a settled gift without its time',
      `UPDATE boon.gifts SET settled_at = NULL WHERE id = 'settled'`,
      'gift_is_sound',
    ],
    [
      'a held gift without an end',
      `UPDATE boon.gifts SET status = 'held' WHERE id = 'pending'`,
      'gift_is_sound',
    ],
    [
      'a reversal of more than there was',
      `UPDATE boon.gifts SET status = 'reversed', recovered = amount + 1 WHERE id = 'settled'`,
      'gift_is_sound',
    ],
    [
      'a reversal that does not say how much',
      `UPDATE boon.gifts SET status = 'reversed' WHERE id = 'settled'`,
      'gift_is_sound',
    ],
    [
      'a gift that waits for its claim for ever',
      `UPDATE boon.gifts SET claim_expires_at = NULL WHERE id = 'by-email'`,
      'gift_is_sound',
    ],
    [
      'a held gift that nobody holds',
      `UPDATE boon.gifts SET status = 'held', hold_ends_at = now(), held_at = now() WHERE id = 'pending'`,
      'gift_is_sound',
    ],
    ['a limit counted below zero', `UPDATE boon.gift_usage SET day_count = -1`, 'usage_not_below_zero'],
    [
      'a gift of credits and of a reset at once',
      `UPDATE boon.gifts SET reset_id = 1 WHERE id = 'pending'`,
      'gift_is_sound',
    ],
    [
      'a second redemption of one reset',
      `INSERT INTO boon.reset_movements (reset_id, account_id, kind, reference, effective_at)
       SELECT reset_id, account_id, kind, 'again', now() FROM boon.reset_movements WHERE kind = 'redeemed'`,
      'reset_redeemed_once',
    ],
    [
      'a second redemption under one request id',
      `INSERT INTO boon.redemptions SELECT * FROM boon.redemptions`,
      'redemptions_pkey',
    ],
    [
      'a redemption where nothing was used',
      `INSERT INTO boon.redemptions VALUES ('ann', 'other', 2, now(), NULL, 0, NULL, NULL, 0, NULL, false)`,
      'something_was_used',
    ],
    ['less than nothing used', `UPDATE boon.usage_windows SET used = -1`, 'used_not_below_zero'],
    [
      'a reset that goes on as two',
      `UPDATE boon.resets SET from_reset = 1 WHERE id > 1`,
      'resets_gone_on_once',
    ],
    [
      'an unknown status',
      `UPDATE boon.gifts SET status = 'lost' WHERE id = 'pending'`,
      'invalid input value for enum',
    ],
  ])('%s is refused', async (_what, statement, constraint) => {
    await expect(own.sql(statement)).rejects.toThrow(constraint);
  });
});
