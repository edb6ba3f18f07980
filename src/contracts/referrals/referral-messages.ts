/** Messages of `referral` and `rewardWindow`, typed: for workflow code and for backends that use a Temporal client. */
import type { AccountId } from '../../domain/ids.ts';
import { defineQuery, defineSignal, defineUpdate } from '../message-definitions.ts';
import type {
  ClaimPlace,
  PlaceAnswer,
  RaiseWindowCap,
  Referral,
  ReferralProgress,
  ReferralStanding,
  ReleasePlace,
  RewardWindow,
  RewardWindowProgress,
} from './referral.ts';

/** The friend came by the link, or the referral ended: the ledger's word. */
export const referralChangedSignal = defineSignal<[ReferralStanding]>('changed');
/** Enough prompts were seen, or a deferred reward is due: the reward is claimed. */
export const promptedSignal = defineSignal<[ReferralStanding]>('prompted');

/** The friend came by the link. A refusal with its reason is an answer, not a failure. */
export const linkUsedUpdate = defineUpdate<Referral, [UseLink]>('linkUsed');
export const cancelReferralUpdate = defineUpdate<Referral, [CancelReferral]>('cancel');
/** Mails the invitation again; answers how often it has been. */
export const resendUpdate = defineUpdate<{ resent: number }>('resend');
export const referralStatusQuery = defineQuery<ReferralProgress | null>('status');

export type UseLink = { account_id: AccountId };
/** With a reason it is an operator's; the referrer cancels through the API. */
export type CancelReferral = { reason: string; by?: string };

export const claimPlaceUpdate = defineUpdate<PlaceAnswer, [ClaimPlace]>('claim');
export const releasePlaceUpdate = defineUpdate<RewardWindowProgress, [ReleasePlace]>('release');
export const raiseCapUpdate = defineUpdate<RewardWindow, [RaiseWindowCap]>('raiseCap');
/** Something that did not go through the process has changed the month: a wake-up, for the ledger says how. */
export const windowChangedSignal = defineSignal<[RewardWindow]>('changed');
export const windowStatusQuery = defineQuery<RewardWindowProgress>('status');
