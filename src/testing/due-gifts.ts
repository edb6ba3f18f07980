/** Gifts as time passes: their processes settle them, and where one sleeps past a deadline the harness reconciles. */
import { giftWorkflowId } from '../contracts/gifts/gift.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import { giftRuns } from '../temporal/gifts/gift-runs.ts';
import { ASLEEP_AFTER_MS, type Duty, MOST, soonest } from './duty.ts';
import type { Traveller } from './traveller.ts';

export function dueGifts(traveller: Traveller): Duty {
  const { clock, ledger, temporal, worker } = traveller;
  const now = () => clock.now();

  return {
    async next(horizon) {
      // Those that are overdue, whatever keeps them, come first: the one after them is the next.
      const overdue = await dueBy(now(), MOST);
      const id = (await dueBy(horizon, overdue.length + 1))[overdue.length];
      return id === undefined
        ? undefined
        : soonest([(await ledger.findGift(id)).deadline], traveller, horizon);
    },

    async bringAbout(waited) {
      const due = await dueBy(now(), MOST);
      const asleep = waited > ASLEEP_AFTER_MS ? due : due.filter((id) => worker.wokenEarly.has(id));
      if (asleep.length > 0) await reconcile(asleep);
      return due;
    },
  };

  /** The ledger's "overdue" is before a moment, and a gift is due at its very deadline. */
  function dueBy(moment: Date, limit: number): Promise<string[]> {
    return ledger.overdueGifts(new Date(moment.getTime() + 1).toISOString(), limit);
  }

  /**
   * What the schedule `boon-reconcile` does within minutes to gifts whose process is gone, or sleeps past the deadline: it
   * was brought forward by the end of a freeze, or the server's clock had woken the process a moment too early.
   */
  async function reconcile(ids: readonly string[]): Promise<void> {
    await ledger.advanceGifts(ids, now().toISOString());
    await giftRuns(temporal, TASK_QUEUE, () => clock.server()).refresh(ids.map(giftWorkflowId));
  }
}
