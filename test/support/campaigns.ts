/** Many accounts at once, and campaigns over them, for tests of campaigns. */
import type { Campaign } from '../../src/contracts/campaigns/campaign.ts';
import type { CampaignRequest } from '../../src/ledger/campaigns/campaigns.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { newKey, START, type TestLedger } from './test-ledger.ts';

/** Accounts `u00001` and so on, made in one statement; every tenth is on the free plan, the others on `plus`. */
export async function fillAccounts({ sql }: Pick<TestLedger, 'sql'>, count: number): Promise<void> {
  await sql(
    `WITH account AS (
       INSERT INTO boon.accounts (id, kind, plan, status, billing_day, created_at, updated_at)
       SELECT 'u' || lpad(i::text, 5, '0'), 'person', CASE WHEN i % 10 = 0 THEN 'free' ELSE 'plus' END, 'active', 1, $2, $2
       FROM generate_series(1, $1::int) i RETURNING id)
     INSERT INTO boon.ledger_accounts (id) SELECT id FROM account`,
    [count, '2025-01-01T00:00:00.000Z'],
  );
}

let serial = 0;

/** A campaign that grants a reset to everybody, or what `more` says instead. */
export async function createCampaign(
  ledger: Ledger,
  more: Partial<CampaignRequest> & Record<string, unknown> = {},
): Promise<Campaign> {
  serial += 1;
  const request = {
    id: `cmp_test${serial}`,
    key: newKey('campaign'),
    at: START,
    kind: 'grant_reset',
    reason: 'test',
  };
  return (await ledger.createCampaign({ ...request, ...more } as CampaignRequest)).value;
}

/** Runs pages of so many accounts until the campaign does not run any more. */
export async function runToItsEnd(
  ledger: Pick<Ledger, 'runCampaignPage'>,
  id: string,
  options: { size?: number; at?: string } = {},
): Promise<Campaign> {
  for (;;) {
    const campaign = await ledger.runCampaignPage(id, options.size ?? 100, options.at ?? START);
    if (campaign.status !== 'running') return campaign;
  }
}
