/**
 * `boon ledger verify`: proves the invariants from the rows themselves, in one snapshot. Each check is one query
 * that returns what is wrong, so that a report names the account, lot or gift.
 */
import type { Database } from './database.ts';
import type { VerifyReport, Violation } from './ledger.ts';

/** The invariants by name; each query gives one text a fault and nothing when it holds. */
const CHECKS: Readonly<Record<string, string>> = {
  'every resolution repeats its pending transfer': `
    SELECT format('transfer %s resolves %s', r.seq, r.resolves) AS detail FROM boon.transfers r
    LEFT JOIN boon.transfers p ON p.seq = r.resolves
    WHERE r.resolves IS NOT NULL AND (p.seq IS NULL OR p.phase <> 'pending' OR p.debit_account <> r.debit_account OR p.amount <> r.amount
      OR p.kind <> r.kind OR p.reference <> r.reference OR (p.credit_account <> r.credit_account AND p.credit_account <> 'boon:unclaimed'))`,
  'totals equal the sum of transfers': `
    WITH posted AS (
      SELECT debit_account AS id, sum(amount) AS debits, 0::numeric AS credits FROM boon.transfers WHERE phase = 'posted' GROUP BY 1
      UNION ALL SELECT credit_account, 0, sum(amount) FROM boon.transfers WHERE phase = 'posted' GROUP BY 1
    ), total AS (SELECT id, sum(debits) AS debits, sum(credits) AS credits FROM posted GROUP BY id),
    pending AS (
      SELECT p.debit_account AS id, sum(p.amount) AS amount FROM boon.transfers p
      WHERE p.phase = 'pending' AND NOT EXISTS (SELECT FROM boon.transfers r WHERE r.resolves = p.seq) GROUP BY 1
    )
    SELECT format('account %s holds %s/%s/%s, transfers say %s/%s/%s (pending/debits/credits)', coalesce(a.id, t.id),
      a.debits_pending, a.debits_posted, a.credits_posted, coalesce(p.amount, 0), coalesce(t.debits, 0), coalesce(t.credits, 0)) AS detail
    FROM boon.ledger_accounts a FULL JOIN total t ON t.id = a.id LEFT JOIN pending p ON p.id = coalesce(a.id, t.id)
    WHERE coalesce(a.id, t.id) NOT IN ('boon:issuance', 'boon:expired', 'boon:unclaimed')
      AND (a.id IS NULL OR a.debits_pending <> coalesce(p.amount, 0) OR a.debits_posted <> coalesce(t.debits, 0)
        OR a.credits_posted <> coalesce(t.credits, 0))`,
  'nothing is made or lost': `
    WITH issued AS (SELECT coalesce(sum(amount), 0) AS amount FROM boon.transfers WHERE debit_account = 'boon:issuance' AND phase = 'posted'),
    expired AS (SELECT coalesce(sum(amount), 0) AS amount FROM boon.transfers WHERE credit_account = 'boon:expired' AND phase = 'posted'),
    owned AS (SELECT coalesce(sum(credits_posted - debits_posted), 0) AS amount FROM boon.ledger_accounts)
    SELECT format('issued %s, expired %s, owned %s', issued.amount, expired.amount, owned.amount) AS detail
    FROM issued, expired, owned WHERE issued.amount <> expired.amount + owned.amount`,
  'no account is below zero': `
    SELECT format('account %s', id) AS detail FROM boon.ledger_accounts
    WHERE credits_posted - debits_posted - debits_pending < 0 OR debits_pending < 0`,
  'a lot is the sum of its entries': `
    SELECT format('lot %s has %s left, its entries say %s', l.id, l.remaining, coalesce(e.amount, 0)) AS detail FROM boon.lots l
    LEFT JOIN (SELECT lot_id, sum(amount) AS amount FROM boon.entries GROUP BY lot_id) e ON e.lot_id = l.id
    WHERE l.remaining <> coalesce(e.amount, 0) OR l.remaining < 0 OR l.remaining > l.granted`,
  'lots equal the balance of their account': `
    SELECT format('account %s has %s available, its lots %s', a.id, a.credits_posted - a.debits_posted - a.debits_pending, coalesce(l.amount, 0)) AS detail
    FROM boon.ledger_accounts a
    LEFT JOIN (SELECT account_id, sum(remaining) AS amount FROM boon.lots GROUP BY account_id) l ON l.account_id = a.id
    WHERE a.credits_posted - a.debits_posted - a.debits_pending <> coalesce(l.amount, 0)`,
  'an entry belongs to the account of its lot': `
    SELECT format('entry %s-%s', e.transfer, e.slice) AS detail FROM boon.entries e
    LEFT JOIN boon.lots l ON l.id = e.lot_id WHERE l.id IS NULL OR l.account_id <> e.account_id`,
  'entries explain every transfer': `
    SELECT format('transfer %s moves %s, its entries %s out and %s in', t.seq, t.amount, e.taken, e.given) AS detail
    FROM boon.transfers t
    LEFT JOIN LATERAL (
      SELECT coalesce(-sum(x.amount) FILTER (WHERE x.amount < 0), 0) AS taken, coalesce(sum(x.amount) FILTER (WHERE x.amount > 0), 0) AS given
      FROM boon.entries x WHERE x.transfer = t.seq) e ON true
    WHERE e.taken <> CASE WHEN t.phase = 'pending' OR t.kind IN ('reversal', 'expiry') THEN t.amount ELSE 0 END
      OR e.given <> CASE WHEN t.phase = 'pending' OR t.kind = 'expiry' THEN 0 ELSE t.amount END`,
  'a statement adds up line by line': `
    SELECT format('account %s at entry %s-%s', s.account_id, s.transfer, s.slice) AS detail FROM (
      SELECT e.*, sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.transfer, e.slice) AS running FROM boon.entries e) s
    WHERE s.running <> s.balance_after`,
  'holds equal open gifts': `
    SELECT format('gift %s is %s, its transfer %s resolved as %s', g.id, g.status, g.transfer, r.phase) AS detail FROM boon.gifts g
    JOIN boon.transfers p ON p.seq = g.transfer LEFT JOIN boon.transfers r ON r.resolves = g.transfer
    WHERE p.amount <> g.amount OR p.debit_account <> g.payer_id OR p.reference <> g.id
      OR r.phase::text IS DISTINCT FROM CASE WHEN g.deadline IS NOT NULL THEN NULL WHEN g.status IN ('settled', 'reversed') THEN 'posted'
                                       WHEN g.status = 'expired' THEN 'expired' ELSE 'voided' END
    UNION ALL
    SELECT format('pending transfer %s has no gift', p.seq) FROM boon.transfers p
    WHERE p.phase = 'pending' AND NOT EXISTS (SELECT FROM boon.gifts g WHERE g.transfer = p.seq)`,
  'limits count the gifts': `
    WITH counted AS (
      SELECT u.account_id, count(g.id) FILTER (WHERE same_day) AS day_count, coalesce(sum(g.amount) FILTER (WHERE same_day), 0) AS day_amount,
        count(g.id) AS month_count, coalesce(sum(g.amount), 0) AS month_amount,
        count(g.id) FILTER (WHERE g.payer_id = 'boon:promotional') AS promotional_count,
        coalesce(sum(g.amount) FILTER (WHERE g.payer_id = 'boon:promotional'), 0) AS promotional_amount
      FROM boon.gift_usage u
      LEFT JOIN LATERAL (
        SELECT x.*, x.counted_on = u.day AS same_day FROM boon.gifts x
        WHERE x.sender_id = u.account_id AND x.counted_on >= u.month
          AND x.status NOT IN ('canceled', 'expired', 'rejected')) g ON true
      GROUP BY u.account_id
    )
    SELECT format('account %s', u.account_id) AS detail FROM boon.gift_usage u JOIN counted c USING (account_id)
    WHERE (u.day_count, u.day_amount, u.month_count, u.month_amount, u.promotional_count, u.promotional_amount)
      <> (c.day_count, c.day_amount, c.month_count, c.month_amount, c.promotional_count, c.promotional_amount)`,
  'every gift has its events': `
    SELECT format('gift %s is %s and has no such event', g.id, g.status) AS detail FROM boon.gifts g
    WHERE NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = g.id AND e.type = 'gift.accepted')
      OR (g.deadline IS NULL AND NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = g.id AND e.type = 'gift.' || g.status))`,
  'the chain of sealed blocks is whole': `
    SELECT format('block %s does not match transfers %s to %s', b.number, b.first_seq, b.last_seq) AS detail FROM (
      SELECT x.*, lag(x.hash, 1, ''::bytea) OVER w AS hash_before, lag(x.last_seq, 1, 0::bigint) OVER w AS last_before FROM boon.blocks x
      WINDOW w AS (ORDER BY x.number)) b
    CROSS JOIN LATERAL boon.block_hash(b.first_seq, b.last_seq, b.hash_before) h
    WHERE b.previous_hash <> b.hash_before OR b.first_seq <> b.last_before + 1 OR h.hash <> b.hash OR h.transfers <> b.transfers`,
};

const COUNTS = `
  SELECT (SELECT count(*) FROM boon.transfers)::int AS transfers, (SELECT count(*) FROM boon.entries)::int AS entries,
    (SELECT count(*) FROM boon.lots)::int AS lots, (SELECT count(*) FROM boon.gifts)::int AS gifts,
    (SELECT count(*) FROM boon.accounts)::int AS accounts, (SELECT count(*) FROM boon.blocks)::int AS blocks`;

/** The most faults that one check reports. */
const MOST_FAULTS = 20;

/** Runs every check in one read-only snapshot. `progress` hears the name of each as it begins. */
export async function verify(
  database: Database,
  progress: (check: string) => void = () => undefined,
): Promise<VerifyReport> {
  const client = await database.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query('SET LOCAL statement_timeout = 0');
    const violations: Violation[] = [];
    for (const [invariant, query] of Object.entries(CHECKS)) {
      progress(invariant);
      const { rows } = await client.query<{ detail: string }>(`${query} LIMIT ${MOST_FAULTS}`);
      violations.push(...rows.map(({ detail }) => ({ invariant, detail })));
    }
    const { rows } = await client.query<VerifyReport['checked']>(COUNTS);
    await client.query('COMMIT');
    const checked = rows[0] ?? { transfers: 0, entries: 0, lots: 0, gifts: 0, accounts: 0, blocks: 0 };
    return { ok: violations.length === 0, checked, violations };
  } finally {
    // A fault leaves the transaction open: the connection is not used again.
    client.release(true);
  }
}
