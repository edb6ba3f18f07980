/** Starting the processes of billing months that are not over, in which rewards were banked, and that have lost theirs. */
import { heartbeat, log } from '@temporalio/activity';
import {
  type RewardWindowInput,
  rewardWindowIdOf,
  rewardWindowWorkflowId,
} from '../../contracts/referrals/referral.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Referrals } from '../../ledger/referrals/referrals.ts';
import type { DutyRun } from '../duty.ts';

/** Reward windows' workflows, as Temporal reports them. */
export type WindowRuns = {
  /** Those that have closed since a time, by pages. */
  closed(since: Instant): AsyncIterable<readonly { workflowId: string }[]>;
  /** Those of the workflow ids that run. */
  running(workflowIds: readonly string[]): Promise<Set<string>>;
  /** Harmless when it runs. */
  start(month: RewardWindowInput): Promise<void>;
};

type Month = Pick<RewardWindowInput, 'account_id' | 'month'>;

/** The months whose process has closed since, though they are not over at the time of the run; how many were started. */
export async function startMissingWindows(
  run: DutyRun,
  ledger: Pick<Referrals, 'openWindows'>,
  runs: WindowRuns,
  since: Instant,
): Promise<number> {
  let started = 0;
  // Those that could not be started before, however long ago their process closed.
  await start(run.dueAgain.map((item) => rewardWindowIdOf(`reward-window/${item}`)));
  for await (const page of runs.closed(since)) {
    const ids = new Set(page.map(({ workflowId }) => workflowId));
    await start([...ids].map(rewardWindowIdOf));
    heartbeat(started);
  }
  if (started > 0) log.warn('Reward windows had lost their processes', { started });
  return started;

  async function start(closed: readonly (Month | undefined)[]): Promise<void> {
    const open = await ledger.openWindows(
      closed.filter((month) => month !== undefined),
      run.at,
    );
    const running = open.length === 0 ? new Set<string>() : await runs.running(open.map(idOf));
    for (const month of open) {
      if (running.has(idOf(month))) continue;
      await run.try(`${month.account_id}/${month.month}`, async () => {
        await runs.start(month);
        started += 1;
      });
    }
  }
}

function idOf({ account_id, month }: Month): string {
  return rewardWindowWorkflowId(account_id, month);
}
