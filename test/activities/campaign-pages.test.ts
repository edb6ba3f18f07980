import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { campaignActivities } from '../../src/activities/campaigns/campaigns.ts';
import { createCampaign } from '../support/campaigns.ts';
import { bank, use } from '../support/resets.ts';
import { later, openTestLedger, START, seedAccount } from '../support/test-ledger.ts';

test('pages of a campaign that are repeated three hours later restore windows as they are then', async () => {
  const own = await openTestLedger();
  try {
    const { ledger } = own;
    await seedAccount(ledger, 'ada');
    await bank(ledger, 'ada');
    const { id } = await createCampaign(ledger, { kind: 'reset_windows' });
    await use(ledger, 'ada', '4', later(START, { hours: 2 }));
    const again = later(START, { hours: 3 });
    const activity = new MockActivityEnvironment(
      { attempt: 2, currentAttemptScheduledTimestampMs: Date.parse(again) },
      { logger: new DefaultLogger('ERROR') },
    );
    const none = async () => undefined as never;
    const { runCampaignPages } = campaignActivities({
      ledger,
      runs: { running: none },
      process: { start: none, wake: none, act: none } as never,
    });
    expect(await activity.run(runCampaignPages, id, START)).toMatchObject({ granted: 1 });
    const [window] = await own.sql(
      `SELECT used::int, started_at, counts_from FROM boon.usage_windows WHERE account_id = 'ada' AND kind = 'five_hour'`,
    );
    expect(window).toEqual({ used: 0, started_at: new Date(again), counts_from: new Date(again) });
  } finally {
    await own.close();
  }
});
