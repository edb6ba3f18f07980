/** Processes of gifts that ended in the ledger because the money for them went back: they are signaled at once. */
import type { ServerParts } from '../route/server-parts.ts';

/** How many are signaled; the others notice when they wake at their deadline. */
const TOLD = 100;

/** Has the processes of those gifts of an account signaled, after the answer, that ended at `since` or later. */
export type GiftTeller = (accountId: string, since: string) => void;

export function createGiftTeller(parts: Pick<ServerParts, 'ledger' | 'giftProcess' | 'starts'>): GiftTeller {
  const { ledger, giftProcess, starts } = parts;
  return (accountId, since) =>
    starts.add(`gifts of ${accountId}`, `tell ${since}`, async () => {
      const ended = await ledger.refundedGifts(accountId, since, TOLD);
      if (ended.length > 0) await giftProcess.refresh(ended);
    });
}
