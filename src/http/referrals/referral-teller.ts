/**
 * Processes of referrals that ended in the ledger by a report about one of their accounts: they are signaled at once.
 */
import type { ServerParts } from '../route/server-parts.ts';

/** How many are signaled; the next sweep signals the others. */
const TOLD = 20;

/**
 * Has the processes of those referrals of an account signaled, after the answer, that have ended and were not signaled
 * yet.
 */
export type ReferralTeller = (accountId: string) => void;

export function createReferralTeller(
  parts: Pick<ServerParts, 'ledger' | 'referralProcess' | 'starts'>,
): ReferralTeller {
  const { ledger, referralProcess, starts } = parts;
  return (accountId) =>
    starts.add(`referrals of ${accountId}`, 'tell ended', async () => {
      const ended = await ledger.untoldEndsOf(accountId, TOLD);
      await Promise.all(ended.map((one) => referralProcess.changed(one)));
    });
}
