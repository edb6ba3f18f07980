/** Processes of referrals that ended in the ledger by what was told of one of their accounts: they are told at once. */
import { BoonError } from '../contracts/errors.ts';
import { within } from '../observability/within.ts';
import type { ServerParts } from './server-parts.ts';

/** How many are told; the others are told by the next sweep. */
const TOLD = 20;
/** How long a caller waits for it, in milliseconds. */
const PATIENCE = 2000;

/** Tells the processes of those referrals of an account that have ended and were not told; never rejects. */
export type ReferralTeller = (accountId: string) => Promise<void>;

export function createReferralTeller(
  parts: Pick<ServerParts, 'ledger' | 'referralProcess' | 'logger'>,
): ReferralTeller {
  const { ledger, referralProcess, logger } = parts;
  return async (accountId) => {
    try {
      const ended = await ledger.untoldEndsOf(accountId, TOLD);
      if (ended.length === 0) return;
      const late = () => new BoonError('unavailable', 'Temporal did not answer in time.');
      await within(Promise.all(ended.map((one) => referralProcess.changed(one))), PATIENCE, late);
    } catch (error) {
      logger.warn({ account_id: accountId, err: error }, 'processes of referrals that ended were not told');
    }
  };
}
