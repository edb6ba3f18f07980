/** How referrals and reward windows are found in Temporal. */
import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import type { AccountId } from '../../domain/ids.ts';
import type { ReferralStatus } from '../../domain/referral-status.ts';
import { BOON_ACCOUNT, BOON_PROGRAM, BOON_STATUS } from '../search-attribute-keys.ts';
import type { ReferralProgress } from './referral.ts';

/**
 * A running referral is open and a completed one rewarded; only these are told by `BoonStatus`, together with the
 * friend's account: a referral without incident costs no change of its search attributes.
 */
const EXCEPTIONAL: readonly ReferralStatus[] = ['refused', 'expired', 'canceled'];

/** Search attributes at the start: the referrer and the program. */
export function referralSearchAttributes(referral: ReferralProgress): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: BOON_ACCOUNT, value: [referral.referrer_id] },
    { key: BOON_PROGRAM, value: referral.program },
  ]);
}

/** What a referral that ended without a reward adds to them; none for every other. */
export function exceptionalAttributes(referral: ReferralProgress): SearchAttributePair[] {
  const { status, referrer_id, friend_id } = referral;
  if (!EXCEPTIONAL.includes(status)) return [];
  const accounts = friend_id == null ? [referrer_id] : [referrer_id, friend_id];
  return [
    { key: BOON_STATUS, value: status },
    { key: BOON_ACCOUNT, value: accounts },
  ];
}

/** A reward window is found by its account. */
export function windowSearchAttributes(accountId: AccountId): TypedSearchAttributes {
  return new TypedSearchAttributes([{ key: BOON_ACCOUNT, value: [accountId] }]);
}
