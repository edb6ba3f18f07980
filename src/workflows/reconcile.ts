/**
 * Each minute, holds the ledger and Temporal together: starts the processes of gifts that the ledger has open and
 * Temporal does not run (an API server died between the two, Temporal was down, or somebody terminated them), advances
 * the gifts that are late, does the same for referrals and their rewards, and seals what was posted. Each of these is
 * done whatever happened to the others, and the run fails in the end if anything of them did.
 */
import {
  ApplicationFailure,
  continueAsNew,
  patched,
  proxyActivities,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { BillingActivities } from '../activities/billing/billing.ts';
import type { CampaignActivities } from '../activities/campaigns/campaigns.ts';
import type { LostGiftActivities } from '../activities/gifts/gift-starts.ts';
import type { PurchaseActivities } from '../activities/purchases/purchase.ts';
import type { ReconcileActivities } from '../activities/reconcile.ts';
import type { ReferralSweepActivities } from '../activities/referrals/referral-sweep.ts';
import type { DutyReports } from '../contracts/stuck-item.ts';
import type { ReconcileReport } from '../contracts/temporal.ts';
import { counted, DUTIES_FAILED, Duties } from './duties.ts';
import { versioned } from './versioning.ts';

const {
  startMissingGifts,
  startLostGifts,
  advanceOverdueGifts,
  sealBlocks,
  sweepReferrals,
  sweepPurchases,
  wakeCampaigns,
  startMissingCycles,
} = proxyActivities<
  BillingActivities &
    PurchaseActivities &
    ReconcileActivities &
    LostGiftActivities &
    CampaignActivities &
    ReferralSweepActivities
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
/** Stretches of gifts in one run, after which the other duties have their turn: some minutes of work. */
const MOST_STRETCHES = 20;

/** Where a run continues that another one left: the sweep of gifts was not finished. */
type Continued = { sweep: GiftSweep; referrals_swept_to: string; duties: DutyReports };
type GiftSweep = { checked: number; started: number; after?: string; swept_to: string; cursor?: string };

export async function reconcile(input?: Continued): Promise<ReconcileReport> {
  // Who starts it by hand has nothing to hand on.
  const continued = workflowInfo().continuedFromExecutionRunId === undefined ? undefined : input;
  const now = Date.now();
  const duties = new Duties(continued?.duties);
  const swept = await startWhatIsMissing(duties, continued?.sweep ?? newSweep(now), now);
  const walk =
    swept.cursor === undefined && patched('walk-open-gifts')
      ? await duties.do(['lost_gifts'], { walked: 0, started: 0, cursor: walkedTo() }, () =>
          startLostGifts.executeWithOptions({ summary: 'Start what is gone' }, [
            {
              cursor: walkedTo(),
              before: at(now - START_WITHIN),
              since: sweptTo(({ swept_to }) => swept_to),
              at: at(now),
            },
          ]),
        )
      : undefined;
  const advanced = await duties.do(['gift_ends'], nothing(), () =>
    advanceOverdueGifts.executeWithOptions({ summary: 'End what nothing ended' }, [
      { before: at(now - OVERDUE_AFTER), at: at(now) },
    ]),
  );
  const before = at(now - START_WITHIN);
  const since = sweptTo(({ referrals_swept_to, swept_to }) => referrals_swept_to ?? swept_to);
  const referrals = await duties.do(
    ['referrals', 'rewards', 'reward_windows'],
    { started: 0, ended: 0, due: 0, paid: 0 },
    () =>
      sweepReferrals.executeWithOptions({ summary: 'Hold referrals together' }, [
        { since, before, at: at(now) },
      ]),
  );
  const paidSince = sweptTo(({ purchases_swept_to }) => purchases_swept_to);
  const purchases = await duties.do(
    ['purchases', 'refunds', 'top_ups'],
    { started: 0, topped_up: 0, refunds_started: 0 },
    () =>
      sweepPurchases.executeWithOptions({ summary: 'Hold purchases together' }, [
        { since: paidSince, before, at: at(now) },
      ]),
  );
  const sealed_blocks = await duties.do(['sealing'], nothing(), () =>
    sealBlocks.executeWithOptions({ summary: 'Seal what was posted' }, [at(now)]),
  );
  const campaigns_started = await duties.do(['campaigns'], nothing(), () =>
    wakeCampaigns.executeWithOptions({ summary: 'Wake campaigns' }, [at(now)]),
  );
  const billing_cycles_started = await duties.do(['billing_cycles'], nothing(), () =>
    startMissingCycles.executeWithOptions({ summary: 'Start billing cycles' }, [at(now)]),
  );
  // Where a sweep failed, the next run looks at the same time again.
  const referralsSwept = duties.reports.referrals?.error === undefined ? before : (since ?? BEGINNING);
  const purchasesSwept = duties.reports.purchases?.error === undefined ? before : paidSince;
  if (swept.cursor !== undefined) {
    await continueAsNew<typeof reconcile>({
      sweep: swept,
      referrals_swept_to: referralsSwept,
      duties: duties.reports,
    });
  }
  const report: ReconcileReport = {
    checked: swept.checked,
    started: swept.started,
    ...(walk === undefined ? {} : { lost_gifts: { walked: walk.walked, started: walk.started } }),
    advanced: counted(advanced),
    sealed_blocks: counted(sealed_blocks),
    campaigns_started: counted(campaigns_started),
    referrals,
    purchases,
    billing_cycles_started: counted(billing_cycles_started),
    swept_to: duties.reports.gift_starts?.error === undefined ? swept.swept_to : (swept.after ?? BEGINNING),
    referrals_swept_to: referralsSwept,
    ...(walk?.cursor === undefined ? {} : { walked_to: walk.cursor }),
    ...(purchasesSwept === undefined ? {} : { purchases_swept_to: purchasesSwept }),
    duties: duties.reports,
  };
  duties.end(report);
  return report;
}
// Each of its activities may be repeated, so its code may change between two of them.
setWorkflowOptions(versioned('AUTO_UPGRADE'), reconcile);

/** A time before every gift and referral. */
const BEGINNING = new Date(OVERLAP).toISOString();

/** Looks at gifts accepted since the run before; a first run, and one started by hand, at all open gifts. */
function newSweep(now: number): GiftSweep {
  const after = sweptTo(({ swept_to }) => swept_to);
  return {
    checked: 0,
    started: 0,
    ...(after === undefined ? {} : { after }),
    swept_to: at(now - START_WITHIN),
  };
}

/** Continues a sweep: to its end, or until the other duties should have their turn. */
async function startWhatIsMissing(duties: Duties, sweep: GiftSweep, now: number): Promise<GiftSweep> {
  const { after, swept_to: before } = sweep;
  let { checked, started, cursor } = sweep;
  for (let stretches = 1; ; stretches += 1) {
    const range = { after, before, cursor, at: at(now) };
    const stretch = await duties.do(['gift_starts'], { checked: 0, started: 0, cursor: undefined }, () =>
      startMissingGifts.executeWithOptions({ summary: 'Start what does not run' }, [range]),
    );
    checked += stretch.checked;
    started += stretch.started;
    cursor = stretch.cursor;
    // A run of an earlier version went through all of them.
    if (cursor === undefined || (stretches >= MOST_STRETCHES && patched('sweep-in-several-runs'))) break;
  }
  const { cursor: _, ...rest } = sweep;
  return { ...rest, checked, started, ...(cursor === undefined ? {} : { cursor }) };
}

/** How far the run before came, whether or not it failed, and a little earlier. */
function sweptTo(read: (report: ReconcileReport) => string | undefined): string | undefined {
  const last = lastReport();
  const time = last && read(last);
  return time === undefined ? undefined : at(Date.parse(time) - OVERLAP);
}

/** The page of open gifts that the run before did not come to. */
function walkedTo(): string | undefined {
  return lastReport()?.walked_to;
}

function lastReport(): ReconcileReport | undefined {
  const { lastResult, lastFailure } = workflowInfo();
  const failed =
    lastFailure instanceof ApplicationFailure && lastFailure.type === DUTIES_FAILED
      ? lastFailure.details?.[0]
      : undefined;
  return (failed ?? lastResult) as ReconcileReport | undefined;
}

function nothing() {
  return { count: 0, duties: {} };
}

function at(time: number): string {
  return new Date(time).toISOString();
}
