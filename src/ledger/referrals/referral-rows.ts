/** How a referral's JSON of the database becomes the type of the contracts. */
import type { Referral } from '../../contracts/referrals/referral.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** What `referral_view` says, with times in our spelling. */
export function toReferral(view: Referral): Referral {
  return {
    ...view,
    created_at: instant(view.created_at),
    expires_at: instant(view.expires_at),
    joined_at: instantOrNull(view.joined_at),
    qualified_at: instantOrNull(view.qualified_at),
    rewarded_at: instantOrNull(view.rewarded_at),
    deferred_until: instantOrNull(view.deferred_until),
    ended_at: instantOrNull(view.ended_at),
  };
}
