/** How referrals are found in Temporal. */
import type { ReferralStatus } from '../../domain/referral-status.ts';
import type { FoundBy } from '../search-attributes.ts';
import type { ReferralProgress } from './referral.ts';

/**
 * A running referral is open and a completed one rewarded; only these are told by `BoonStatus`, together with the
 * friend's account: a referral without incident costs no change of its search attributes.
 */
const EXCEPTIONAL: readonly ReferralStatus[] = ['refused', 'expired', 'canceled'];

/** At the start: by the referrer and the program. */
export function referralFoundBy({ referrer_id, program }: ReferralProgress): FoundBy {
  return { accounts: [referrer_id], program };
}

/** What a referral that ended without a reward adds; nothing for every other. */
export function endedReferralFoundBy({ status, referrer_id, friend_id }: ReferralProgress): FoundBy {
  if (!EXCEPTIONAL.includes(status)) return {};
  return { status, accounts: friend_id == null ? [referrer_id] : [referrer_id, friend_id] };
}
