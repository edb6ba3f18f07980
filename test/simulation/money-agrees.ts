/**
 * What somebody has, less what is owed, and what has gone, is what came in, less the share of the money that went back.
 * Worked out from transfers and purchases, for all that are asked for in one query.
 */
import { expect } from 'vitest';
import type { World } from './world.ts';

/** Cut, as a person would reckon it: the money of a part buys no more than its part. */
const SHARE = 'div(p.credits::numeric * least(boon.money_back(p), p.paid), p.paid)';

const AGREES = `
  SELECT a.id, (a.credits_posted - a.debits_posted - coalesce(d.amount, 0)
    + coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.debit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'usage', 'expiry', 'reversal')), 0)
    - coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'reversal')), 0))::text AS has,
    (coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.kind = 'grant'), 0)
    + coalesce((SELECT sum(p.credits - ${SHARE} + p.let_go) FROM boon.purchases p WHERE p.account_id = a.id AND p.credits > 0 AND p.paid > 0), 0))::text AS came,
    CASE WHEN d.amount > 0 THEN (SELECT coalesce(sum(l.remaining), 0)::text FROM boon.lots l
      WHERE l.account_id = a.id AND l.open AND (l.expires_at IS NULL OR l.expires_at > $2)) END AS unpaid,
    ARRAY(SELECT p.id FROM boon.purchases p WHERE p.account_id = a.id AND p.resets > 0 AND p.paid > 0
      AND p.resets_taken + p.resets_kept <> ceil(p.resets::numeric * least(boon.money_back(p), p.paid) / p.paid)) AS resets,
    ARRAY(SELECT p.id FROM boon.purchases p WHERE p.account_id = a.id AND p.let_go > 0 AND p.let_go > boon.expired_of(p.lot_id)) AS let_go
  FROM boon.ledger_accounts a LEFT JOIN boon.debts d ON d.account_id = a.id WHERE a.id = ANY ($1) ORDER BY a.id`;

type Row = {
  id: string;
  has: string;
  came: string;
  unpaid: string | null;
  resets: string[];
  let_go: string[];
};

/** @param at a moment that all clocks have reached */
export async function expectMoneyAgrees(world: World, ids: readonly string[], at: string): Promise<void> {
  for (const { id, has, came, ...more } of await world.read<Row>('money agrees', AGREES, [ids, at])) {
    expect({ id, has }).toEqual({ id, has: came });
    // Whoever owes has nothing to spend; money for a part of a reset takes the whole; what is let go has expired.
    const { unpaid, resets, let_go } = more;
    expect({ id, unpaid: unpaid ?? '0', resets, let_go }).toEqual({
      id,
      unpaid: '0',
      resets: [],
      let_go: [],
    });
  }
}
