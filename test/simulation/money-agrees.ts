/**
 * What somebody has, less what is owed, and what has gone, is what came in, less the share of the money that went back.
 * Worked out from transfers and purchases, for all that are asked for in one query.
 */
import { expect } from 'vitest';
import type { World } from './world.ts';

/** What the provider gave back or holds back; the ledger's own word where something else was said to it. */
const BACK = 'coalesce(($3::jsonb ->> p.id)::bigint, boon_code.money_back(p))';
/** Cut, as a person would reckon it: the money of a part buys no more than its part. */
const SHARE = `div(p.credits::numeric * least(${BACK}, p.paid), p.paid)`;
/** Where a reset comes from that its owner gave and got back. */
const FIRST = `WITH RECURSIVE line AS (SELECT r.source, r.reference, r.from_reset
    UNION ALL SELECT x.source, x.reference, x.from_reset FROM line n JOIN boon.resets x ON x.id = n.from_reset AND x.account_id = a.id)
  SELECT n.reference FROM line n WHERE n.source = 'purchase'`;

const AGREES = `
  SELECT a.id, (a.credits_posted - a.debits_posted - coalesce(d.amount, 0)
    + coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.debit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'usage', 'expiry', 'reversal')), 0)
    - coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'reversal')), 0))::text AS has,
    (coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.kind = 'grant'), 0)
    + coalesce((SELECT sum(p.credits - ${SHARE} + p.let_go) FROM boon.purchases p WHERE p.account_id = a.id AND p.credits > 0 AND p.paid > 0), 0))::text AS came,
    ARRAY(SELECT l.id::text FROM boon.lots l WHERE d.amount > 0 AND l.account_id = a.id AND l.open AND (l.expires_at IS NULL OR l.expires_at > $2)
      AND (SELECT sum(e.amount) FROM boon.entries e WHERE e.account_id = a.id AND e.lot_id = l.id AND e.effective_at > (
        SELECT max(m.effective_at) FROM boon.debt_movements m WHERE m.account_id = a.id AND m.kind = 'incurred') + interval '5 seconds') > 0) AS kept,
    ARRAY(SELECT p.id FROM boon.purchases p WHERE p.account_id = a.id AND p.resets > 0 AND p.paid > 0
      AND p.resets_taken + p.resets_kept <> ceil(p.resets::numeric * least(${BACK}, p.paid) / p.paid)) AS resets,
    ARRAY(SELECT r.id::text FROM boon.resets r WHERE r.account_id = a.id AND r.status = 'available' AND r.expires_at > $2
      AND EXISTS (SELECT FROM boon.purchases p WHERE p.resets_kept > 0 AND p.id IN (${FIRST}))) AS came_back,
    ARRAY(SELECT p.id FROM boon.purchases p WHERE p.account_id = a.id AND p.owed > 0
      AND EXISTS (SELECT FROM boon_code.gifts_that_hold(a.id, ARRAY(SELECT boon_code.lot_family(p.lot_id)), '{}'))) AS held,
    ARRAY(SELECT p.id FROM boon.purchases p WHERE p.account_id = a.id AND p.let_go > 0 AND p.let_go > boon_code.expired_of(p.lot_id)) AS let_go
  FROM boon.ledger_accounts a LEFT JOIN boon.debts d ON d.account_id = a.id WHERE a.id = ANY ($1) ORDER BY a.id`;

type Row = {
  id: string;
  has: string;
  came: string;
  kept: string[];
  held: string[];
  resets: string[];
  came_back: string[];
  let_go: string[];
};

/**
 * @param back what the provider gave back, by purchase
 * @param at a moment that all clocks have reached
 */
export async function expectMoneyAgrees(
  world: World,
  ids: readonly string[],
  back: Record<string, number>,
  at: string,
): Promise<void> {
  const rows = await world.read<Row>('money agrees', AGREES, [ids, at, JSON.stringify(back)]);
  for (const { id, has, came, ...more } of rows) {
    expect({ id, has }).toEqual({ id, has: came });
    // Whoever owes keeps nothing that came since, and gives none of what is owed; money for a part of a reset takes the whole, one
    // that comes back later too; what is let go has expired.
    expect({ id, ...more }).toEqual({ id, kept: [], held: [], resets: [], came_back: [], let_go: [] });
  }
}
