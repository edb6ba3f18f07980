/**
 * The invariants that `verify` proves, each from the rows themselves and not from what the code that wrote them
 * believes.
 */
import { ACCOUNT_INVARIANTS } from './accounts/account-invariants.ts';
import { LOT_INVARIANTS } from './accounts/lot-invariants.ts';
import { BILLING_INVARIANTS } from './billing/billing-invariants.ts';
import { CAMPAIGN_INVARIANTS } from './campaigns/campaign-invariants.ts';
import { LETTER_INVARIANTS } from './letter-invariants.ts';
import { PURCHASE_INVARIANTS } from './purchases/purchase-invariants.ts';
import { REFERRAL_INVARIANTS } from './referrals/referral-invariants.ts';
import { RESET_INVARIANTS } from './resets/reset-invariants.ts';
import { USAGE_INVARIANTS } from './usage/usage-invariants.ts';

/** The invariants by name; each query gives one text a fault and nothing when it holds. */
export const INVARIANTS: Readonly<Record<string, string>> = {
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
    WHERE coalesce(a.id, t.id) NOT IN ('boon:issuance', 'boon:expired', 'boon:unclaimed', 'boon:revenue', 'boon:receivable', 'boon:payments')
      AND (a.id IS NULL OR a.debits_pending <> coalesce(p.amount, 0) OR a.debits_posted <> coalesce(t.debits, 0)
        OR a.credits_posted <> coalesce(t.credits, 0))`,
  'nothing is made or lost': `
    WITH issued AS (
      SELECT coalesce(sum(CASE debit_account WHEN 'boon:issuance' THEN amount ELSE -amount END), 0) AS amount FROM boon.transfers
      WHERE 'boon:issuance' IN (debit_account, credit_account) AND phase = 'posted'),
    expired AS (SELECT coalesce(sum(CASE credit_account WHEN 'boon:expired' THEN amount ELSE -amount END), 0) AS amount FROM boon.transfers
      WHERE 'boon:expired' IN (debit_account, credit_account) AND phase = 'posted'),
    used AS (SELECT coalesce(sum(amount), 0) AS amount FROM boon.transfers WHERE credit_account = 'boon:revenue' AND debit_account <> 'boon:receivable' AND phase = 'posted'),
    owned AS (SELECT coalesce(sum(credits_posted - debits_posted), 0) AS amount FROM boon.ledger_accounts)
    SELECT format('issued %s, expired %s, used %s, owned %s', issued.amount, expired.amount, used.amount, owned.amount) AS detail
    FROM issued, expired, used, owned WHERE issued.amount <> expired.amount + used.amount + owned.amount`,
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
  'a lot began with the entry of its grant': `
    SELECT format('lot %s of %s credits', l.id, boon_code.credits(l.granted)) AS detail FROM boon.lots l
    LEFT JOIN boon.entries e ON e.transfer = l.transfer AND e.slice = l.slice
    WHERE (e.lot_id, e.amount) IS DISTINCT FROM (l.id, l.granted)`,
  'an entry belongs to a transfer and to the account of its lot': `
    SELECT format('entry %s-%s', e.transfer, e.slice) AS detail FROM boon.entries e
    LEFT JOIN boon.lots l ON l.id = e.lot_id LEFT JOIN boon.transfers t ON t.seq = e.transfer
    WHERE t.seq IS NULL OR l.id IS NULL OR l.account_id <> e.account_id`,
  'entries explain every transfer': `
    SELECT format('transfer %s moves %s, its entries %s out and %s in', t.seq, t.amount, e.taken, e.given) AS detail
    FROM boon.transfers t
    LEFT JOIN LATERAL (
      SELECT coalesce(-sum(x.amount) FILTER (WHERE x.amount < 0 AND x.account_id = t.debit_account), 0) AS taken,
        coalesce(sum(x.amount) FILTER (WHERE x.amount > 0 AND x.account_id = CASE WHEN t.phase IN ('voided', 'expired')
                                                                                THEN t.debit_account ELSE t.credit_account END), 0) AS given
      FROM boon.entries x WHERE x.transfer = t.seq) e ON true
    WHERE e.taken <> CASE WHEN t.phase = 'pending' OR t.kind IN ('reversal', 'clawback', 'usage', 'refund', 'debt') OR t.credit_account = 'boon:expired' THEN t.amount ELSE 0 END
      OR e.given <> CASE WHEN t.phase = 'pending' OR t.kind IN ('clawback', 'usage', 'refund', 'debt', 'charge', 'payment', 'correction') OR t.credit_account = 'boon:expired' THEN 0 ELSE t.amount END`,
  'a hold is resolved slice by slice': `
    WITH resolution AS (
      SELECT r.seq, r.phase, r.resolves FROM boon.transfers r WHERE r.resolves IS NOT NULL
    ), held AS (
      SELECT r.seq, e.slice, e.lot_id, -e.amount AS amount FROM resolution r JOIN boon.entries e ON e.transfer = r.resolves
    ), moved AS (
      SELECT r.seq, e.slice, CASE WHEN r.phase = 'posted' THEN l.from_lot WHEN l.transfer = r.seq THEN l.continues ELSE e.lot_id END AS lot_id, e.amount FROM resolution r
      JOIN boon.entries e ON e.transfer = r.seq LEFT JOIN boon.lots l ON l.id = e.lot_id
    )
    SELECT format('transfer %s, slice %s', coalesce(h.seq, m.seq), coalesce(h.slice, m.slice)) AS detail
    FROM held h FULL JOIN moved m ON m.seq = h.seq AND m.slice = h.slice
    WHERE (h.lot_id, h.amount) IS DISTINCT FROM (m.lot_id, m.amount)`,
  'a lot continues with the terms of another of its owner, and has one time of grace': `
    SELECT format('lot %s goes on from %s', l.id, l.continues) AS detail FROM boon.lots l LEFT JOIN boon.lots o ON o.id = l.continues
    WHERE l.continues IS NOT NULL AND (l.account_id, l.source, l.giftable, l.products, l.granted_at)
      IS DISTINCT FROM (o.account_id, o.source, o.giftable, o.products, o.granted_at)
    UNION ALL
    SELECT format('lot %s expires at %s, first at %s', l.id, l.expires_at, l.first_expires_at) FROM boon.lots l
    WHERE l.first_expires_at IS NOT NULL AND (l.expires_at IS NULL OR l.expires_at < l.first_expires_at
      OR l.expires_at > l.first_expires_at + (SELECT max(p.hold_at_most + p.returned_valid_for) FROM boon.policies p)
        AND NOT EXISTS (
          -- Money that came back gives credits a time of its own, which goes with them to whomever they are given.
          WITH RECURSIVE origin AS (
            SELECT l.account_id, l.from_lot, l.continues
            UNION SELECT o.account_id, o.from_lot, o.continues FROM origin c JOIN boon.lots o ON o.id IN (c.from_lot, c.continues)
          )
          SELECT FROM origin c JOIN boon.lots x ON x.account_id = c.account_id JOIN boon.entries e ON e.lot_id = x.id AND e.kind = 'restored'))`,
  'a statement adds up line by line': `
    SELECT format('account %s at entry %s-%s', s.account_id, s.transfer, s.slice) AS detail FROM (
      SELECT e.*, sum(e.amount) OVER (PARTITION BY e.account_id ORDER BY e.transfer, e.slice) AS running FROM boon.entries e) s
    WHERE s.running <> s.balance_after`,
  'holds equal open gifts': `
    SELECT format('gift %s is %s, its transfer %s resolved as %s', g.id, g.status, g.transfer, r.phase) AS detail FROM (SELECT * FROM boon.gifts WHERE reset_id IS NULL) g
    LEFT JOIN boon.transfers p ON p.seq = g.transfer LEFT JOIN boon.transfers r ON r.resolves = g.transfer
    WHERE (p.phase, p.amount, p.debit_account, p.reference, p.effective_at) IS DISTINCT FROM ('pending', g.amount, g.payer_id, g.id, g.accepted_at)
      OR p.credit_account <> CASE WHEN g.email_index IS NULL THEN g.recipient_id ELSE 'boon:unclaimed' END
      OR r.credit_account <> coalesce(g.recipient_id, 'boon:unclaimed')
      OR r.phase::text IS DISTINCT FROM CASE WHEN g.deadline IS NOT NULL THEN NULL WHEN g.status IN ('settled', 'reversed') THEN 'posted'
                                       WHEN g.status = 'expired' THEN 'expired' ELSE 'voided' END
    UNION ALL
    SELECT format('pending transfer %s has no gift', p.seq) FROM boon.transfers p
    WHERE p.phase = 'pending' AND NOT EXISTS (SELECT FROM boon.gifts g WHERE g.transfer = p.seq)`,
  'a reversal took back what its gift says': `
    SELECT format('gift %s says %s, transfers %s', g.id, g.recovered, coalesce(t.amount, 0)) AS detail FROM boon.gifts g
    FULL JOIN (SELECT reference, sum(amount) AS amount FROM boon.transfers WHERE kind = 'reversal' GROUP BY reference) t ON t.reference = g.id
    WHERE coalesce(g.recovered, 0) <> coalesce(t.amount, 0)`,
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
      <> (c.day_count, c.day_amount, c.month_count, c.month_amount, c.promotional_count, c.promotional_amount)
    UNION ALL
    SELECT format('account %s has none', g.sender_id) FROM boon.gifts g
    WHERE NOT EXISTS (SELECT FROM boon.gift_usage u WHERE u.account_id = g.sender_id) GROUP BY g.sender_id`,
  'nobody gave more than a limit allows': `
    WITH given AS (
      SELECT g.sender_id, g.counted_on AS day, date_trunc('month', g.counted_on::timestamp)::date AS month, g.amount,
        CASE g.payer_id WHEN 'boon:promotional' THEN g.amount END AS promotional, p.*
      FROM boon.gifts g JOIN boon.policies p ON p.version = g.policy_version WHERE g.status NOT IN ('canceled', 'expired', 'rejected')
    )
    SELECT format('account %s on %s', sender_id, day) AS detail FROM given GROUP BY sender_id, day
    HAVING count(*) > max(day_count) OR sum(amount) > max(day_amount)
    UNION ALL
    SELECT format('account %s in the month of %s', sender_id, month) FROM given GROUP BY sender_id, month
    HAVING count(*) > max(month_count) OR sum(amount) > max(month_amount)
      OR count(promotional) > max(promotional_count) OR sum(promotional) > max(promotional_amount)`,
  'every gift has its events': `
    SELECT format('gift %s is %s and has no such event', g.id, g.status) AS detail FROM boon.gifts g
    WHERE NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = g.id AND e.type = 'gift.accepted')
      OR (g.deadline IS NULL AND NOT EXISTS (SELECT FROM boon.events e WHERE e.subject = g.id AND e.type = 'gift.' || g.status))`,
  ...LOT_INVARIANTS,
  ...ACCOUNT_INVARIANTS,
  ...RESET_INVARIANTS,
  ...USAGE_INVARIANTS,
  ...BILLING_INVARIANTS,
  ...CAMPAIGN_INVARIANTS,
  ...REFERRAL_INVARIANTS,
  ...PURCHASE_INVARIANTS,
  ...LETTER_INVARIANTS,
  'the chain of sealed blocks is whole': `
    SELECT format('block %s does not match transfers %s to %s', b.number, b.first_seq, b.last_seq) AS detail FROM (
      SELECT x.*, lag(x.hash, 1, ''::bytea) OVER w AS hash_before, lag(x.number, 1, 0::bigint) OVER w AS number_before FROM boon.blocks x
      WINDOW w AS (ORDER BY x.number)) b
    CROSS JOIN LATERAL boon_code.block_hash(b.seqs, b.hash_before) h
    WHERE b.previous_hash <> b.hash_before OR b.number <> b.number_before + 1 OR h.hash <> b.hash OR h.transfers <> b.transfers
      OR (b.first_seq, b.last_seq) IS DISTINCT FROM (lower(b.seqs), upper(b.seqs) - 1)`,
  'what happened cannot be changed': `
    SELECT format('table %s has no guard', t.name) AS detail FROM (
      SELECT x.name, to_regclass('boon.' || x.name) AS id FROM boon.append_only_tables x
      UNION ALL
      SELECT i.inhrelid::regclass::text, i.inhrelid FROM boon.append_only_tables x JOIN pg_inherits i ON i.inhparent = to_regclass('boon.' || x.name)
        JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r') t
    WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t.id AND g.tgname = 'append_only' AND g.tgenabled IN ('O', 'A'))
    UNION ALL
    SELECT format('trigger %s of %s is off', g.tgname, g.tgrelid::regclass) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    WHERE c.relnamespace = 'boon'::regnamespace AND NOT g.tgisinternal AND g.tgenabled NOT IN ('O', 'A')`,
  'every transfer is sealed once': `
    WITH sealed AS (SELECT r FROM boon.blocks b CROSS JOIN LATERAL unnest(b.seqs) r),
    whole AS (SELECT coalesce(range_agg(r), '{}') AS seqs, coalesce(sum(upper(r) - lower(r)), 0) AS numbers, coalesce(max(upper(r)), 1) AS ends FROM sealed)
    SELECT format('blocks hold %s numbers, and %s of them once', w.numbers, n.numbers) AS detail
    FROM whole w CROSS JOIN LATERAL (SELECT coalesce(sum(upper(r) - lower(r)), 0) AS numbers FROM unnest(w.seqs) r) n WHERE w.numbers <> n.numbers
    UNION ALL
    SELECT format('transfer %s is in no block, and no gap is watched for it', t.seq) FROM whole w
    CROSS JOIN LATERAL unnest(int8multirange(int8range(1, w.ends)) - w.seqs) r
    CROSS JOIN LATERAL (SELECT x.seq FROM boon.transfers x WHERE x.seq >= lower(r) AND x.seq < upper(r) OFFSET 0) t
    WHERE NOT EXISTS (SELECT FROM boon.seal_gaps g WHERE t.seq BETWEEN g.first_seq AND g.last_seq)`,
};
