/** Posting the expiry of lots. */
import { heartbeat } from '@temporalio/activity';
import type { ExpiryReport } from '../contracts/temporal.ts';
import { sumCredits } from '../domain/credits.ts';
import type { Instant } from '../domain/instant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type DutyLedger, duty, smallerPages } from './duty.ts';

/** The part of the report about lots. */
type LotsExpired = Pick<ExpiryReport, 'lots_expired' | 'credits_expired' | 'duties'>;

export type ExpiryActivities = ReturnType<typeof expiryActivities>;

/** Lots in one posting: each locks its account for the length of the transaction. */
const LOTS = 500;

type ExpiryLedger = Pick<Ledger, 'expireLots' | 'firstDue'> & DutyLedger;

export function expiryActivities(ledger: ExpiryLedger) {
  return {
    /** Posts the expiry of every lot that expired by `at`, page by page; going on where it was after a crash is free. */
    async expireDueLots(at: Instant): Promise<LotsExpired> {
      const report: LotsExpired = { lots_expired: 0, credits_expired: '0' };
      const lots = await duty(ledger, 'lots', at, (run) =>
        smallerPages(run, LOTS, {
          page: async (limit) => {
            const page = await ledger.expireLots(at, limit);
            report.lots_expired += page.lots;
            report.credits_expired = sumCredits([report.credits_expired, page.amount]);
            heartbeat(report);
            return { done: page.lots, isLast: page.lots < limit };
          },
          none: () => ledger.expireLots(at, 0),
          first: () => ledger.firstDue('lots', at),
        }),
      );
      return { ...report, duties: { lots } };
    },
  };
}
