/**
 * Referrals that are older than the sweep of new ones, and whose process has closed though they are open: it was terminated,
 * or failed, or completed by mistake.
 */
import { heartbeat } from '@temporalio/activity';
import { type Referral, referralIdOf, referralWorkflowId } from '../../contracts/referrals/referral.ts';
import type { Instant } from '../../domain/instant.ts';
import { OPEN_REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import type { Referrals } from '../../ledger/referrals/referrals.ts';
import type { DutyRun } from '../duty.ts';
import type { ReferralRuns } from './referral-runs.ts';

type Lost = {
  run: DutyRun;
  ledger: Pick<Referrals, 'referralsOf'>;
  runs: Pick<ReferralRuns, 'closed' | 'running'>;
  startAgain: (referral: Referral) => Promise<boolean>;
  since: Instant;
};

/** Starts their processes again; how many those were. */
export async function findLostReferrals({ run, ledger, runs, startAgain, since }: Lost): Promise<number> {
  let started = 0;
  for await (const page of runs.closed(since)) {
    const open = (await known(page)).filter(({ status }) => OPEN_REFERRAL_STATUSES.includes(status));
    const running = open.length === 0 ? new Set<string>() : await runs.running(open.map(workflowIdOf));
    for (const referral of open) {
      if (running.has(workflowIdOf(referral))) continue;
      if ((await run.try(referral.id, () => startAgain(referral))) === true) started += 1;
    }
    heartbeat(started);
  }
  return started;

  async function known(page: readonly { workflowId: string }[]): Promise<Referral[]> {
    const ids = page.map(({ workflowId }) => referralIdOf(workflowId)).filter((id) => id !== undefined);
    return ids.length === 0 ? [] : await ledger.referralsOf([...new Set(ids)]);
  }
}

function workflowIdOf({ id }: Referral): string {
  return referralWorkflowId(id);
}
