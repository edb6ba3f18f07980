/** What time does to banked resets, page by page; going on where it was after a crash is free. */
import { heartbeat } from '@temporalio/activity';
import type { ResetSweepReport } from '../../contracts/temporal.ts';
import type { Instant } from '../../domain/instant.ts';
import { BEFORE_ALL, type ExpiringReset } from '../../ledger/resets/expiring-reset.ts';
import type { Resets } from '../../ledger/resets/resets.ts';
import type { ChosenByLedger, StuckItems } from '../../ledger/stuck-items.ts';
import { type DutyLedger, type DutyRun, duty, smallerPages } from '../duty.ts';

export type ResetActivities = ReturnType<typeof resetActivities>;

/** Resets in one posting: each locks its account for the length of the transaction. */
const PAGE = 500;

type Ledger = Pick<
  Resets & StuckItems,
  'redeemExpiringResets' | 'expireResets' | 'returnDueResets' | 'firstDue' | 'firstRedemption'
> &
  DutyLedger;

export function resetActivities(ledger: Ledger) {
  return {
    /** Redeems at the last moment what is to be, posts the expiry of the others, and returns what was of no use. */
    async sweepResets(at: Instant): Promise<ResetSweepReport> {
      const report = { resets_redeemed: 0, resets_expired: 0, resets_returned: 0 };
      const redemptions = await duty(ledger, 'redemptions', at, (run) => redeemExpiring(run, report));
      const reset_expiries = await duty(ledger, 'reset_expiries', at, (run) =>
        pages(run, 'reset_expiries', async (limit) => {
          const done = await ledger.expireResets(at, limit);
          report.resets_expired += done;
          return done;
        }),
      );
      const reset_returns = await duty(ledger, 'reset_returns', at, (run) =>
        pages(run, 'reset_returns', async (limit) => {
          const done = await ledger.returnDueResets(at, limit);
          report.resets_returned += done;
          return done;
        }),
      );
      return { ...report, duties: { redemptions, reset_expiries, reset_returns } };
    },
  };

  function redeemExpiring(run: DutyRun, report: { resets_redeemed: number }): Promise<void> {
    let next: ExpiringReset | undefined;
    return smallerPages(run, PAGE, {
      page: async (limit) => {
        const page = await ledger.redeemExpiringResets(run.at, limit, next);
        report.resets_redeemed += page.redeemed;
        next = page.next;
        heartbeat(report);
        return { done: page.redeemed, isLast: next === undefined };
      },
      none: () => ledger.redeemExpiringResets(run.at, 0, next),
      first: () => ledger.firstRedemption(run.at, next ?? BEFORE_ALL),
    });
  }

  function pages(
    run: DutyRun,
    what: ChosenByLedger,
    page: (limit: number) => Promise<number>,
  ): Promise<void> {
    return smallerPages(run, PAGE, {
      page: async (limit) => {
        const done = await page(limit);
        heartbeat(done);
        return { done, isLast: done === 0 };
      },
      none: () => page(0),
      first: () => ledger.firstDue(what, run.at),
    });
  }
}
