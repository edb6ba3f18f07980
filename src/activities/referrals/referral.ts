/** The ledger as a running referral and a reward window see it: short, idempotent steps, run as local activities. */
import {
  type Referral,
  type ReferralStanding,
  type RewardsGiven,
  type RewardWindow,
  referralStanding,
  rewardsGiven,
} from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ReferralAction } from '../../ledger/referrals/end-referrals.ts';
import type { LinkUse } from '../../ledger/referrals/link-use.ts';
import type { Referrals } from '../../ledger/referrals/referrals.ts';
import type { RaiseCap } from '../../ledger/referrals/reward-windows.ts';
import { failing } from '../failure.ts';

export type ReferralActivities = ReturnType<typeof referralActivities>;

/** Refusals are ApplicationFailures whose type is the code; a lost database is retried. */
export function referralActivities(ledger: Referrals) {
  return {
    /** The friend used the link. A repeated key answers with the referral's present state. */
    useLink: (request: LinkUse): Promise<Referral> =>
      failing(async () => {
        const { value, replayed } = await ledger.useLink(request);
        return replayed ? await ledger.findReferral(value.id) : value;
      }),

    cancelReferral: (request: ReferralAction): Promise<Referral> =>
      failing(async () => {
        const { value, replayed } = await ledger.actOnReferral(request);
        return replayed ? await ledger.findReferral(value.id) : value;
      }),

    /** How the ledger has a referral, and who was rewarded. */
    readReferral: (referralId: ReferralId): Promise<ReferralStanding & RewardsGiven> =>
      failing(async () => {
        const referral = await ledger.findReferral(referralId);
        return { ...referralStanding(referral), ...rewardsGiven(referral) };
      }),

    /** How the ledger has the billing month of an account that runs at `at`, in a program. */
    readWindow: (accountId: AccountId, program: string, at: Instant): Promise<RewardWindow> =>
      failing(() => ledger.rewardWindow(accountId, program, at)),

    /** A repeated key answers with the month's present state, not the one of then. */
    raiseCap: (request: RaiseCap): Promise<RewardWindow> =>
      failing(async () => {
        const { value, replayed } = await ledger.raiseCap(request);
        if (!replayed) return value;
        const present = await ledger.rewardWindow(request.account_id, request.program, request.at);
        return present.month === value.month ? present : value;
      }),
  };
}
