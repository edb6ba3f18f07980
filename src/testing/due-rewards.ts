/** What the schedule `boon-reconcile` does within a minute to rewards that were deferred until now. */
import type { Referral } from '../contracts/referrals/referral.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import { createReferralProcess } from '../temporal/referrals/referral-process.ts';
import { ASLEEP_AFTER_MS, type Duty, MOST, soonest } from './duty.ts';
import type { Traveller } from './traveller.ts';

export function dueRewards(traveller: Traveller): Duty {
  const { clock, ledger, temporal } = traveller;
  const process = createReferralProcess({ client: temporal, taskQueue: TASK_QUEUE });
  const told = new Set<string>();
  const now = () => clock.now().toISOString();

  return {
    async next(horizon) {
      const due = await ledger.dueRewards(now(), MOST);
      const id = (await ledger.dueRewards(horizon.toISOString(), due.length + 1))[due.length];
      if (id === undefined) return undefined;
      return soonest([(await ledger.findReferral(id)).deferred_until], traveller, horizon);
    },

    async bringAbout(waited) {
      const ids = await ledger.dueRewards(now(), MOST);
      const due = await Promise.all(ids.map((id) => ledger.findReferral(id)));
      for (const referral of due) await claim(referral, waited);
      return ids;
    },
  };

  /** Signals its process; one that does not claim has lost its process, and is paid without it. */
  async function claim(referral: Referral, waited: number): Promise<void> {
    if (!told.has(referral.id)) await process.changed(referral);
    else if (waited > ASLEEP_AFTER_MS) {
      await process.changed(await ledger.rewardReferral(referral.id, now()));
    }
    told.add(referral.id);
  }
}
