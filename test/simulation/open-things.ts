/** What is still open, of which nothing may be when enough time has passed. */
import type { World } from './world.ts';

const OPEN = `
  SELECT 'gift ' || id || ' is ' || status AS open FROM boon.gifts WHERE deadline IS NOT NULL
  UNION ALL SELECT 'referral ' || id || ' is ' || status FROM boon.referrals WHERE status IN ('invited', 'joined', 'qualified')
  UNION ALL SELECT 'reset ' || id || ' is ' || status FROM boon.resets WHERE status IN ('available', 'held') OR return_at IS NOT NULL
  UNION ALL SELECT 'campaign ' || id || ' is ' || status FROM boon.campaigns WHERE status NOT IN ('completed', 'canceled')
  UNION ALL SELECT 'purchase ' || id || ' is ' || status FROM boon.purchases WHERE status = 'open'
  UNION ALL SELECT 'refund ' || id || ' is ' || status FROM boon.refunds WHERE status = 'pending'
  UNION ALL SELECT 'month ' || month || ' of ' || org_id || ' is not closed' FROM boon.billing_months WHERE closed_at IS NULL
  UNION ALL SELECT 'lot ' || id || ' of ' || account_id || ' has expired' FROM boon.lots WHERE open AND expires_at < (SELECT max(effective_at) FROM boon.transfers)
  UNION ALL SELECT 'on hold by nothing: ' || id FROM boon.ledger_accounts WHERE debits_pending <> 0
  UNION ALL SELECT what || ' ' || item || ' is stuck: ' || last_error FROM boon.stuck_items`;

export async function openThings(world: World): Promise<string[]> {
  return (await world.read<{ open: string }>('open things', OPEN, [])).map(({ open }) => open);
}
