/**
 * What somebody has, less what is owed, and what has gone, is what came in, less the share of the money that went back.
 * Worked out from transfers and purchases, for all that are asked for in one query.
 */
import { expect } from 'vitest';
import type { World } from './world.ts';

const AGREES = `
  SELECT a.id, (a.credits_posted - a.debits_posted - coalesce((SELECT d.amount FROM boon.debts d WHERE d.account_id = a.id), 0)
    + coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.debit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'usage', 'expiry', 'reversal')), 0)
    - coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.phase = 'posted'
                AND t.kind IN ('gift', 'reversal')), 0))::text AS has,
    (coalesce((SELECT sum(t.amount) FROM boon.transfers t WHERE t.credit_account = a.id AND t.kind = 'grant'), 0)
    + coalesce((SELECT sum(p.credits - boon.share(p.credits, p.paid, boon.money_back(p)) + p.let_go) FROM boon.purchases p
                WHERE p.account_id = a.id AND p.credits > 0), 0))::text AS came
  FROM boon.ledger_accounts a WHERE a.id = ANY ($1) ORDER BY a.id`;

export async function expectMoneyAgrees(world: World, ids: readonly string[]): Promise<void> {
  const rows = await world.read<{ id: string; has: string; came: string }>('money agrees', AGREES, [ids]);
  for (const { id, has, came } of rows) expect({ id, has }).toEqual({ id, has: came });
}
