/**
 * Each minute, holds the ledger and Temporal together: starts the processes of gifts that the ledger has open and
 * Temporal does not run (an API server died between the two, or Temporal was away), advances the gifts whose
 * process is gone for good, does the same for referrals and their rewards, and seals what was posted.
 */
import { proxyActivities, setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import type { BillingActivities } from '../activities/billing.ts';
import type { CampaignActivities } from '../activities/campaigns.ts';
import type { PurchaseActivities } from '../activities/purchase.ts';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import type { ReferralSweepActivities } from '../activities/referral-sweep.ts';
import type { ReconcileReport } from '../contracts/temporal.ts';
import { versioned } from './versioning.ts';

const {
  startMissingGifts,
  advanceOverdueGifts,
  sealBlocks,
  sweepReferrals,
  sweepPurchases,
  wakeCampaigns,
  startMissingCycles,
} = proxyActivities<
  BillingActivities & PurchaseActivities & ReconcileActivities & CampaignActivities & ReferralSweepActivities
>({
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '1 minute',
  // A run that fails is followed by the next one of the schedule.
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/** A gift this young may still be between the ledger and the start of its process. */
const START_WITHIN = 60_000;
/** Clocks of servers differ, and a transaction may become visible late: the sweeps of two runs overlap. */
const OVERLAP = 600_000;
/** A gift this long past its deadline has no process any more that would advance it. */
const OVERDUE_AFTER = 600_000;

export async function reconcile(): Promise<ReconcileReport> {
  const now = Date.now();
  const swept = await startWhatIsMissing(now);
  const advanced = await advanceOverdueGifts.executeWithOptions({ summary: 'End what nothing ended' }, [
    { before: at(now - OVERDUE_AFTER), at: at(now) },
  ]);
  const referrals = await sweepReferrals.executeWithOptions({ summary: 'Hold referrals together' }, [
    { since: lastSweep(), before: swept.swept_to, at: at(now) },
  ]);
  const purchases = await sweepPurchases.executeWithOptions({ summary: 'Hold purchases together' }, [
    { before: at(now - START_WITHIN), at: at(now) },
  ]);
  const sealed_blocks = await sealBlocks.executeWithOptions({ summary: 'Seal what was posted' }, [at(now)]);
  const campaigns_started = await wakeCampaigns.executeWithOptions({ summary: 'Wake campaigns' }, []);
  const billing_cycles_started = await startMissingCycles.executeWithOptions(
    { summary: 'Start billing cycles' },
    [],
  );
  return {
    ...swept,
    advanced,
    sealed_blocks,
    campaigns_started,
    referrals,
    purchases,
    billing_cycles_started,
  };
}
// Each of its activities may be repeated, so its code may change between two of them.
setWorkflowOptions(versioned('AUTO_UPGRADE'), reconcile);

/** Looks at gifts accepted since the run before; a first run, and one started by hand, at all open gifts. */
async function startWhatIsMissing(now: number) {
  const after = lastSweep();
  const swept = { checked: 0, started: 0, swept_to: at(now - START_WITHIN) };
  let cursor: string | undefined;
  do {
    const range = { after, before: swept.swept_to, cursor };
    const stretch = await startMissingGifts.executeWithOptions({ summary: 'Start what does not run' }, [
      range,
    ]);
    swept.checked += stretch.checked;
    swept.started += stretch.started;
    cursor = stretch.cursor;
  } while (cursor !== undefined);
  return swept;
}

/** How far the run before came, and a little earlier. */
function lastSweep(): string | undefined {
  const last = workflowInfo().lastResult as ReconcileReport | undefined;
  return last === undefined ? undefined : at(Date.parse(last.swept_to) - OVERLAP);
}

function at(time: number): string {
  return new Date(time).toISOString();
}
