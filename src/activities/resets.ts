/** What time does to banked resets, page by page; going on where it was after a crash is free. */
import { heartbeat } from '@temporalio/activity';
import type { ResetSweepReport } from '../contracts/temporal.ts';
import type { ExpiringReset } from '../ledger/expiring-reset.ts';
import type { Resets } from '../ledger/resets.ts';
import { failing } from './failure.ts';

export type ResetActivities = ReturnType<typeof resetActivities>;

/** Resets in one posting: each locks its account for the length of the transaction. */
const PAGE = 500;

type Ledger = Pick<Resets, 'redeemExpiringResets' | 'expireResets' | 'returnDueResets'>;

export function resetActivities(ledger: Ledger) {
  return {
    /** Redeems at the last moment what is to be, posts the expiry of the others, and returns what was of no use. */
    async sweepResets(at: string): Promise<ResetSweepReport> {
      const resets_redeemed = await redeemExpiring(at);
      const resets_expired = await pages((limit) => ledger.expireResets(at, limit));
      const resets_returned = await pages((limit) => ledger.returnDueResets(at, limit));
      return { resets_redeemed, resets_expired, resets_returned };
    },
  };

  async function redeemExpiring(at: string): Promise<number> {
    let redeemed = 0;
    let next: ExpiringReset | undefined;
    do {
      const page = await failing(() => ledger.redeemExpiringResets(at, PAGE, next));
      redeemed += page.redeemed;
      next = page.next;
      heartbeat(redeemed);
    } while (next !== undefined);
    return redeemed;
  }
}

async function pages(next: (limit: number) => Promise<number>): Promise<number> {
  let done = 0;
  for (;;) {
    const page = await failing(() => next(PAGE));
    done += page;
    heartbeat(done);
    if (page === 0) return done;
  }
}
