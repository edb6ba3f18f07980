/** Claiming a reward: a place in the month's window, then the ledger, which banks it or says why not. */
import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type PlaceAnswer,
  type ReferralStanding,
  type ReleasePlace,
  type RewardsGiven,
  type RewardWindow,
  referralStanding,
  rewardsGiven,
} from '../../contracts/referrals/referral.ts';
import type { ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Referrals } from '../../ledger/referrals/referrals.ts';
import { failing } from '../failure.ts';

/** The reward windows' processes. */
export type RewardWindows = {
  /** Asks the month's process for a place, starting it first if need be. Rejects with BoonError `window_closed`. */
  claim(window: RewardWindow, referralId: ReferralId): Promise<PlaceAnswer>;
  release(window: RewardWindow, place: ReleasePlace): Promise<void>;
};

export type RewardActivities = ReturnType<typeof rewardActivities>;

/** How many times a claim waits for held places to be paid; after that the ledger decides. */
const WAITS = 5;
const WAIT = '500 milliseconds';

export function rewardActivities(ledger: Referrals, windows: RewardWindows) {
  return {
    /** Claims the reward of a qualified referral; returns the referral's state after it, and who was given one so far. */
    claimReward: (referralId: ReferralId, at: Instant): Promise<ReferralStanding & RewardsGiven> =>
      failing(async () => {
        const referral = await ledger.findReferral(referralId);
        const isDue = referral.deferred_until === null || referral.deferred_until <= at;
        if (referral.status !== 'qualified' || !isDue)
          return { ...referralStanding(referral), ...rewardsGiven(referral) };
        const { program, referrer_id } = referral;
        const window = await ledger.rewardWindow(referrer_id, program, at, referralId);
        const place = await windows.claim(window, referralId);
        if (!place.granted && window.claimed.length < window.cap) waitForThePaid(referralId);
        const rewarded = await ledger.rewardReferral(referralId, at);
        if (place.granted && rewarded.status !== 'rewarded') {
          await windows.release(window, { referral_id: referralId, program });
        }
        return { ...referralStanding(rewarded), ...rewardsGiven(rewarded) };
      }),
  };
}

/**
 * The window's places are taken and the ledger has not banked them all: whoever holds them comes first. A place whose
 * holder is lost keeps nobody waiting for long.
 */
function waitForThePaid(referralId: ReferralId): void {
  const { attempt } = activityInfo();
  if (attempt <= WAITS) {
    throw ApplicationFailure.create({
      message: 'Every place is held by a referral that is being paid.',
      type: 'places_held',
      nextRetryDelay: WAIT,
    });
  }
  log.warn('A place of the month is held and not paid; the ledger decides', { referralId });
}
