/** Usage: charging it, and what was charged. */

import type { BeyondPlan } from '../../contracts/resets/reset.schema.ts';
import type { Charge, Pool, Usage } from '../../contracts/usage/usage.schema.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import type { Recorded } from '../postgres/recorded.ts';
import type { UseRequest } from './charge-usage.ts';
import { makeUse } from './charge-usage.ts';
import { type CreditMeans, creditMeans, makeBeyondPlan } from './credit-means.ts';
import { listUsage, pool } from './read-usage.ts';

/** No method reads a clock; refusals are BoonErrors. */
export interface Metering {
  /**
   * Charges a use, once for each id of an account: to the plan, then to credits. Grouped with others.
   * @throws BoonError `limit_reached` (with `limit`) when they cannot or may not pay all of it: then nothing is charged;
   * `idempotency_mismatch` when the id was already used for a different request.
   */
  use(request: UseRequest): Promise<Recorded<Usage>>;
  /** An account's uses, the latest told first, each with what paid for it. Those of dropped months are gone. */
  listUsage(accountId: AccountId, page: PageRequest): Promise<Page<Charge>>;
  /** What was taken of an organisation's credits in its billing month at `at`, what it will be invoiced for, and by whom. */
  pool(accountId: AccountId, at: Instant): Promise<Pool>;
  /** What credits could pay for a product at `at`, beyond the plan. */
  creditMeans(accountId: AccountId, product: string, at: Instant): Promise<CreditMeans>;
  /** The same for each product that credits may pay for on the account's plan. */
  beyondPlan(accountId: AccountId, at: Instant): Promise<BeyondPlan[]>;
  /**
   * Makes the partitions of this month and the next, and drops those that the policy keeps no longer, one at a time;
   * `dropped` hears how many there were after each. Answers how many.
   */
  tendUsage(at: Instant, dropped?: (months: number) => void): Promise<number>;
}

export function makeMetering(database: Database, policyVersion: () => string): Metering {
  return {
    use: makeUse(database, policyVersion),
    listUsage: (id, page) => listUsage(database, id, page),
    pool: (id, at) => pool(database, policyVersion(), id, at),
    creditMeans: (id, product, at) => creditMeans(database, policyVersion(), id, product, at),
    beyondPlan: makeBeyondPlan(database, policyVersion),
    async tendUsage(at, dropped) {
      const text = 'SELECT boon_code.tend_usage($1, $2) AS dropped';
      for (let months = 0; ; months += 1) {
        const row = await queryRow<{ dropped: number }>(database, 'tend_usage', text, [policyVersion(), at]);
        if (row === undefined || row.dropped === 0) return months;
        dropped?.(months + 1);
      }
    },
  };
}
