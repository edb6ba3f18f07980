/**
 * Begins an automatic top-up as soon as a use brings an account below its threshold, beside the answer and never in its
 * way. What is missed here (another server's cache is old, a process dies) the sweep of each minute begins.
 */

import { purchaseWorkflowId } from '../../contracts/purchases/purchase.ts';
import { parseCredits } from '../../domain/credits.ts';
import { newId } from '../route/new-id.ts';
import type { ServerParts } from '../route/server-parts.ts';

/** How long it is remembered whether an account has consented, and of how many accounts. */
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 100_000;

type Parts = Pick<ServerParts, 'ledger' | 'payments' | 'purchaseProcess' | 'starts' | 'clock' | 'logger'>;

/** Takes the credits that a use left; never rejects. */
export type TopUpWatch = (accountId: string, available: string) => void;

export function createTopUpWatch(parts: Parts): TopUpWatch {
  const { ledger, payments, purchaseProcess, starts, clock, logger } = parts;
  const sums = new Map<string, { below: bigint | undefined; until: number }>();
  return (accountId, available) => {
    if (payments === undefined) return;
    look(accountId, parseCredits(available) ?? 0n).catch((error) =>
      logger.warn({ account_id: accountId, err: error }, 'could not begin a top-up; reconcile will'),
    );
  };

  async function look(accountId: string, available: bigint): Promise<void> {
    const below = await sumOf(accountId);
    if (below === undefined || available >= below) return;
    const now = clock();
    const purchase = await ledger.beginTopUp(accountId, newId('pur', now), now.toISOString());
    if (purchase !== undefined)
      starts.add(purchaseWorkflowId(purchase.id), 'start', () => purchaseProcess.start(purchase));
  }

  /** Balance below which the account tops up; undefined without its consent. */
  async function sumOf(accountId: string): Promise<bigint | undefined> {
    const now = clock().getTime();
    const known = sums.get(accountId);
    if (known !== undefined && now < known.until) return known.below;
    const topUp = await ledger.topUp(accountId, new Date(now).toISOString());
    const below = topUp.below === null ? undefined : parseCredits(topUp.below);
    if (sums.size >= MOST_REMEMBERED) sums.clear();
    sums.set(accountId, { below, until: now + REMEMBERED_MS });
    return below;
  }
}
