/** Posting the expiry of lots. */
import { heartbeat } from '@temporalio/activity';
import type { ExpiryReport } from '../contracts/temporal.ts';
import { sumCredits } from '../domain/credits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { failing } from './failure.ts';

/** The part of the report that tells of lots. */
type LotsExpired = Pick<ExpiryReport, 'lots_expired' | 'credits_expired'>;

export type ExpiryActivities = ReturnType<typeof expiryActivities>;

/** Lots in one posting: each locks its account for the length of the transaction. */
const LOTS = 500;

export function expiryActivities(ledger: Pick<Ledger, 'expireLots'>) {
  return {
    /** Posts the expiry of every lot that expired by `at`, page by page; going on where it was after a crash is free. */
    async expireDueLots(at: string): Promise<LotsExpired> {
      const report: LotsExpired = { lots_expired: 0, credits_expired: '0' };
      for (;;) {
        const page = await failing(() => ledger.expireLots(at, LOTS));
        report.lots_expired += page.lots;
        report.credits_expired = sumCredits([report.credits_expired, page.amount]);
        heartbeat(report);
        if (page.lots < LOTS) return report;
      }
    },
  };
}
