/** What the schedule `boon-reconcile` does within a minute to rewards that were deferred until now. */
import type { Referral } from '../contracts/referral.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { createReferralProcess } from '../temporal/referral-process.ts';
import { elapsed, pause } from './test-clock.ts';
import type { Traveller } from './time-travel.ts';

/** How long a claim may really take on a busy machine. */
const PATIENCE_MS = 20_000;
/** A reward that is still due after so much real time has no process to claim it. */
const GONE_AFTER_MS = 1_000;
const MOST_AT_ONCE = 1_000;

/** The next moment before `target` at which a reward that waits is tried again. */
export async function nextRewardStop(target: Date, ledger: Ledger): Promise<Date | undefined> {
  const [soonest] = await ledger.dueRewards(target.toISOString(), 1);
  const { deferred_until } =
    soonest === undefined ? { deferred_until: null } : await ledger.findReferral(soonest);
  return deferred_until === null ? undefined : new Date(deferred_until);
}

/** Has the rewards that are due claimed, and waits until they have been. */
export async function claimDueRewards({ clock, ledger, temporal, worker }: Traveller): Promise<void> {
  const now = clock.now().toISOString();
  const process = createReferralProcess({ client: temporal, taskQueue: TASK_QUEUE });
  const began = elapsed();
  const told = new Set<string>();
  for (;;) {
    await worker.untilQuiet();
    const due = await dueReferrals(ledger, now);
    if (due.length === 0) return;
    const waited = elapsed() - began;
    if (waited > PATIENCE_MS)
      throw new Error(`Rewards are due and nobody claims them: ${due.map(({ id }) => id)}`);
    for (const referral of due) {
      if (!told.has(referral.id)) await process.changed(referral);
      else if (waited > GONE_AFTER_MS) await process.changed(await ledger.rewardReferral(referral.id, now));
      told.add(referral.id);
    }
    await pause(20);
  }
}

async function dueReferrals(ledger: Ledger, at: string): Promise<Referral[]> {
  const ids = await ledger.dueRewards(at, MOST_AT_ONCE);
  return await Promise.all(ids.map((id) => ledger.findReferral(id)));
}
