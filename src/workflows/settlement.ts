/**
 * Every ten seconds, settles the quiet gifts that are due, where they have no workflows of their own. One that cannot be
 * settled gets its own workflow, `gift/<id>`, and holds nobody up.
 */
import { proxyActivities, setWorkflowOptions } from '@temporalio/workflow';
import type { SettlementActivities } from '../activities/gifts/settlement.ts';
import type { Settled, SettlementReport } from '../contracts/temporal.ts';
import { Duties } from './duties.ts';
import { versioned } from './versioning.ts';

const { settleDueGifts } = proxyActivities<SettlementActivities>({
  startToCloseTimeout: '2 minutes',
  // A worker that was killed keeps gifts waiting no longer than the next run of the schedule does.
  heartbeatTimeout: '10 seconds',
  // A run that fails is followed by the next one of the schedule.
  retry: { initialInterval: '1 second', maximumAttempts: 3 },
});

/** @param input in how many parts the senders are settled side by side; one when left out */
export async function settlement(input?: { parts?: number }): Promise<SettlementReport> {
  const at = new Date().toISOString();
  const of = Math.max(1, Math.trunc(input?.parts ?? 1));
  const duties = new Duties();
  const parts = await Promise.all(
    Array.from({ length: of }, (_, part) =>
      duties.do<Settled>(['settlements'], { settled: 0, failed: 0, oldest_due: null }, () =>
        settleDueGifts.executeWithOptions({ summary: summaryOf(part, of) }, [{ at, part, of }]),
      ),
    ),
  );
  const oldest = parts.map(({ oldest_due }) => oldest_due).filter((due) => due !== null);
  const report: SettlementReport = {
    settled: parts.reduce((sum, { settled }) => sum + settled, 0),
    failed: parts.reduce((sum, { failed }) => sum + failed, 0),
    oldest_due: oldest.sort()[0] ?? null,
    duties: duties.reports,
  };
  duties.end(report);
  return report;
}
setWorkflowOptions(versioned('AUTO_UPGRADE'), settlement);

function summaryOf(part: number, of: number): string {
  return of === 1 ? 'Settle what is due' : `Settle what is due, part ${part + 1} of ${of}`;
}
