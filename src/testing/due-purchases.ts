/** Purchases as time passes: those that nobody pays end, and what `boon-reconcile` does each minute to top-ups is done. */
import { randomBytes } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { Payments } from '../contracts/purchases/payments.ts';
import type { Purchase } from '../contracts/purchases/purchase.ts';
import { TASK_QUEUE } from '../contracts/temporal.ts';
import { orderedId } from '../domain/ordered-id.ts';
import { purchaseRuns } from '../temporal/purchases/purchase-runs.ts';
import { type Duty, EVER, MOST, soonest } from './duty.ts';
import type { Traveller } from './traveller.ts';

/** The duty of purchases when the test moves the clock. */
export function duePurchases(traveller: Traveller): Duty {
  const { clock, ledger, temporal } = traveller;
  const runs = purchaseRuns(temporal, TASK_QUEUE);

  return {
    async next(horizon) {
      return soonest(
        (await open()).map(({ expires_at }) => expires_at),
        traveller,
        horizon,
      );
    },

    async bringAbout() {
      const now = clock.now().getTime();
      const due = (await open()).filter(
        ({ kind, expires_at }) => kind === 'top_up' || Date.parse(expires_at) <= now,
      );
      if (due.length > 0) return due.map(({ id }) => id);
      // One that is charged may leave its account below its sum still: it is looked at again.
      return await beginTopUps();
    },
  };

  async function beginTopUps(): Promise<string[]> {
    const now = clock.now();
    const accounts = await ledger.dueTopUps(now.toISOString(), MOST);
    for (const account of accounts) {
      const id = orderedId('pur', now.getTime(), randomBytes(10));
      const purchase = await ledger.beginTopUp(account, id, now.toISOString());
      if (purchase !== undefined) await runs.restart(purchase);
    }
    return accounts.map((account) => `a top-up of ${account}`);
  }

  async function open(): Promise<Purchase[]> {
    return (await ledger.openPurchases(EVER, { limit: MOST })).data;
  }
}

/**
 * The payments as the worker has them. A purchase's process that the server's clock woke before the end of the purchase's
 * time asks again each second: a provider ends a page when it is asked to, whatever the time.
 */
export function whenItIsTime<P extends Payments>(payments: P): P {
  return {
    ...payments,
    async closeCheckout(purchase, at) {
      if (Date.parse(at) >= Date.parse(purchase.expires_at))
        return await payments.closeCheckout(purchase, at);
      throw ApplicationFailure.create({
        message: `It can be paid until ${purchase.expires_at}.`,
        type: 'not_yet',
        nextRetryDelay: '1 second',
      });
    },
  };
}
