/** Processes of gifts that ended in the ledger because the money for them went back: they are told at once. */
import { BoonError } from '../contracts/errors.ts';
import { within } from '../observability/within.ts';
import type { ServerParts } from './server-parts.ts';

/** How many are told; the others see it when they wake at their deadline. */
const TOLD = 100;
/** How long a caller waits for it, in milliseconds. */
const PATIENCE = 2000;

/** Tells the processes of those gifts of an account that ended at `since` or later; never rejects. */
export type GiftTeller = (accountId: string, since: string) => Promise<void>;

export function createGiftTeller(parts: Pick<ServerParts, 'ledger' | 'giftProcess' | 'logger'>): GiftTeller {
  const { ledger, giftProcess, logger } = parts;
  return async (accountId, since) => {
    try {
      const ended = await ledger.refundedGifts(accountId, since, TOLD);
      if (ended.length === 0) return;
      const late = () => new BoonError('unavailable', 'Temporal did not answer in time.');
      await within(giftProcess.refresh(ended), PATIENCE, late);
    } catch (error) {
      logger.warn({ account_id: accountId, err: error }, 'processes of refunded gifts were not told');
    }
  };
}
