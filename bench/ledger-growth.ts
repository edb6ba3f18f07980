/** What a posting costs in a ledger of 5 million rows against one of 50,000. */
import { giftsAcceptedPerSecond } from './support/accept-load.ts';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';
import { ACCOUNTS, type LedgerDatabase, openLedgerDatabase } from './support/ledger-database.ts';

/** Rows that a settled gift leaves in transfers and entries: held, posted; taken, received. */
const ROWS_A_GIFT = 4;

export const ledgerGrowth: Bench = async ({ postgresUrl, rounds, seconds, progress }) => {
  const small = await openLedgerDatabase(postgresUrl, 'bench_small');
  const large = await openLedgerDatabase(postgresUrl, 'bench_large');
  await fill(small, 50_000 / ROWS_A_GIFT, progress);
  await fill(large, 5_000_000 / ROWS_A_GIFT, progress);
  const growth: Figure = {
    name: 'cost of a posting at 5 million ledger rows ÷ at 50,000',
    rounds: [],
    unit: '×',
    bound: { most: 1.3 },
  };
  for (const { ledger } of [small, large]) await giftsAcceptedPerSecond(ledger, { callers: 64, seconds });
  for (let round = 1; round <= rounds; round++) {
    progress(`ledger growth, round ${round} of ${rounds}`);
    const few = await giftsAcceptedPerSecond(small.ledger, { callers: 64, seconds });
    const many = await giftsAcceptedPerSecond(large.ledger, { callers: 64, seconds });
    growth.rounds.push(few / many);
  }
  await small.close();
  await large.close();
  return [growth];
};

const PART = 50_000;

/** Writes settled gifts of the past as acceptance and settlement would have left them. */
async function fill(
  database: LedgerDatabase,
  gifts: number,
  progress: (line: string) => void,
): Promise<void> {
  for (let from = 0; from < gifts; from += PART) {
    await database.sql.query(FILL, [from, Math.min(from + PART, gifts), ACCOUNTS]);
    if (from % (PART * 5) === 0)
      progress(`ledger growth: ${Math.round((from / gifts) * 100)} % of ${gifts * ROWS_A_GIFT} rows written`);
  }
  await database.sql.query('VACUUM ANALYZE');
  await database.sql.query('CHECKPOINT');
}

/** Numbers are drawn first, so that one statement can write all seven tables. */
const FILL = `
  WITH gift AS MATERIALIZED (
    SELECT 'gft_' || lpad(i::text, 14, '0') AS id,
      'acct_' || (1 + (hashint8(i) & 2147483647) % $3::int) AS sender, 'acct_' || (1 + ((hashint8(i) & 2147483647) + 1 + i % 97) % $3::int) AS recipient,
      timestamptz '2026-01-01' + i * interval '1 second' / 10 AS at,
      nextval('boon.transfers_seq_seq') AS held, nextval('boon.transfers_seq_seq') AS posted, nextval('boon.lots_id_seq') AS lot
    FROM generate_series($1::int, $2::int - 1) i
  ), transfer AS (
    INSERT INTO boon.transfers (seq, phase, kind, debit_account, credit_account, amount, resolves, reference, effective_at) OVERRIDING SYSTEM VALUE
    SELECT held, 'pending'::boon.transfer_phase, 'gift'::boon.transfer_kind, sender, recipient, 1000000, NULL::bigint, id, at FROM gift
    UNION ALL SELECT posted, 'posted', 'gift', sender, recipient, 1000000, held, id, at + interval '1 day' FROM gift
  ), lot AS (
    INSERT INTO boon.lots (id, account_id, source, granted, remaining, granted_at, expires_at, giftable, transfer, slice) OVERRIDING SYSTEM VALUE
    SELECT lot, recipient, 'gifted', 1000000, 0, at, at + interval '1 year', false, posted, 1 FROM gift
  ), entry AS (
    INSERT INTO boon.entries
    SELECT held, 1, sender, 1, 'gift_held'::boon.entry_kind, -1000000, 1, id, at FROM gift
    UNION ALL SELECT posted, 1, recipient, lot, 'gift_received', 1000000, 1, id, at + interval '1 day' FROM gift
  ), key AS (
    INSERT INTO boon.idempotency_keys SELECT 'bench:' || md5(id), '\\x00', '{}', at FROM gift
  ), event AS (
    INSERT INTO boon.events (type, subject, accounts, data, effective_at)
    SELECT 'gift.settled', id, ARRAY[sender, recipient], '{}', at FROM gift
  )
  INSERT INTO boon.gifts (id, status, sender_id, recipient_id, payer_id, amount, policy_version, transfer, accepted_at, settles_at, settled_at, ended_at, counted_on)
  SELECT id, 'settled', sender, recipient, sender, 1000000, 'bench', held, at, at + interval '1 day', at + interval '1 day', at + interval '1 day', at::date FROM gift`;
