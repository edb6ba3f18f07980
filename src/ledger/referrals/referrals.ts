/** What the ledger offers for referrals, reward windows and activity. */

import type { ProgramReport } from '../../contracts/referrals/program-report.ts';
import type { Referral, RewardWindow, RewardWindowInput } from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import type { Database } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import type { Recorded } from '../postgres/recorded.ts';
import type { Eligibility } from './eligibility.ts';
import { eligibility } from './eligibility.ts';
import type { ReferralAction } from './end-referrals.ts';
import { expireReferrals, makeActOnReferral } from './end-referrals.ts';
import type { InviteRequest } from './invitations.ts';
import { makeInvite } from './invitations.ts';
import type { LinkUse } from './link-use.ts';
import { makeUseLink } from './link-use.ts';
import { programReport, type ReportRequest } from './program-report.ts';
import { type ProgramTerms, programTerms } from './program-terms.ts';
import {
  dueRewards,
  findReferral,
  listReferrals,
  noteEndsTold,
  openReferrals,
  referralAddresses,
  referralsOf,
  untoldEnds,
  untoldEndsOf,
} from './read-referrals.ts';
import type { Activity } from './record-activity.ts';
import { makeRecordActivity } from './record-activity.ts';
import { type Resend, recordedResend, recordResend } from './resends.ts';
import type { RaiseCap } from './reward-windows.ts';
import { makeRaiseCap, openWindows, rewardWindow } from './reward-windows.ts';
import { makeRewardReferral } from './rewards.ts';
import { type ReferralFilter, searchReferrals } from './search-referrals.ts';

/** No method reads a clock; refusals are BoonErrors; each write may be repeated under its key. */
export interface Referrals {
  /** Checks the program's rules and writes the invitation. Whether the address has an account changes nothing here. */
  invite(request: InviteRequest): Promise<Recorded<Referral>>;
  /** The friend came by the link: joined, or refused with a reason. A refusal is an answer, not an error. */
  useLink(request: LinkUse): Promise<Recorded<Referral>>;
  /**
   * Notes logins and prompts, grouped with others. Answers the referral that this very event changed (a prompt was
   * counted, or it showed the friend to have been active before the link), else undefined. A prompt that would have
   * counted is refused when it is reported too late after the invitation's end.
   */
  recordActivity(event: Activity): Promise<Referral | undefined>;
  /**
   * Claims a place in the referrer's billing month and banks the rewards, in one transaction: rewarded; or over the
   * cap refused, or still qualified with `deferred_until`. One that is not qualified, or has ended, is unchanged.
   */
  rewardReferral(referralId: ReferralId, at: Instant): Promise<Referral>;
  actOnReferral(request: ReferralAction): Promise<Recorded<Referral>>;
  /** What was answered when the invitation was mailed again under this key; undefined when it was not. */
  recordedResend(key: string, referralId: ReferralId): Promise<Referral | undefined>;
  /** Keeps that answer, once the process has mailed it. */
  recordResend(request: Resend): Promise<Recorded<Referral>>;
  /** With `at` as it stands then, whether or not a sweep has come by; without it as it is noted. */
  findReferral(referralId: ReferralId, at?: Instant): Promise<Referral>;
  /** An account's invitations, newest first; `at` as for `findReferral`. */
  listReferrals(
    referrerId: AccountId,
    page: PageRequest,
    program?: string,
    at?: Instant,
  ): Promise<Page<Referral>>;
  /** Referrals of all accounts, the latest first, as they stand at `at`. */
  searchReferrals(filter: ReferralFilter, page: PageRequest, at: Instant): Promise<Page<Referral>>;
  /** Address and link token, for the mail and for the referrer; undefined tokens are used up or ended. */
  referralAddresses(
    referralIds: readonly ReferralId[],
  ): Promise<Map<ReferralId, { email: string; token: string | undefined }>>;
  /** Ends at most `limit` invitations that ran out by `at`; answers those it ended. */
  expireReferrals(at: Instant, limit: number): Promise<Referral[]>;
  /** Open referrals invited before `before` (and from `since` on), for `reconcile`. */
  openReferrals(before: Instant, page: PageRequest, since?: Instant): Promise<Page<Referral>>;
  /** Those of the ids that the ledger knows, for `reconcile`. */
  referralsOf(ids: readonly ReferralId[]): Promise<Referral[]>;
  /**
   * Referrals that have ended, in the order in which that was recorded, and whose process may not know; for `reconcile`.
   * Without those of which `before` or later is told, and those that were reported later than `toldBy`.
   */
  untoldEnds(times: { before: Instant; toldBy: Instant }, page: PageRequest): Promise<Page<Referral>>;
  /** The latest of an account's referrals, as referrer or friend, that have ended and whose process no sweep has told yet. */
  untoldEndsOf(accountId: AccountId, limit: number): Promise<Referral[]>;
  /** Forgets the ends of processes that are `over`, and keeps those of processes that were told. */
  noteEndsTold(ids: { over: readonly ReferralId[]; told: readonly ReferralId[] }, at: Instant): Promise<void>;
  /**
   * Ids of qualified referrals whose reward is due at `at` and was not given, for `reconcile`; with `now` without those
   * that are stuck until later.
   */
  dueRewards(at: Instant, limit: number, now?: Instant): Promise<ReferralId[]>;
  eligibility(accountId: AccountId, program: string, at: Instant): Promise<Eligibility>;
  /**
   * An account's billing month at `at` in a program, under the policy in use, or under the terms of one of its referrals.
   * A program that is no longer in the policy is known for as long as the account has referrals or months in it.
   */
  rewardWindow(
    accountId: AccountId,
    program: string,
    at: Instant,
    referralId?: ReferralId,
  ): Promise<RewardWindow>;
  raiseCap(request: RaiseCap): Promise<Recorded<RewardWindow>>;
  /** Those of the months that the ledger has and that are not over at `at`, with their places, for `reconcile`. */
  openWindows(
    months: readonly Pick<RewardWindow, 'account_id' | 'month'>[],
    at: Instant,
  ): Promise<RewardWindowInput[]>;
  /** What a program asks and brings; undefined when there is none of this name. */
  programTerms(program: string): Promise<ProgramTerms | undefined>;
  /** What happened to a program's invitations, by day. */
  programReport(request: ReportRequest): Promise<ProgramReport>;
}

export function makeReferrals(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
): Referrals {
  return {
    invite: makeInvite(database, vault, policyVersion),
    useLink: makeUseLink(database),
    recordActivity: makeRecordActivity(database),
    rewardReferral: makeRewardReferral(database),
    actOnReferral: makeActOnReferral(database),
    recordedResend: (key, id) => recordedResend(database, key, id),
    recordResend: (request) => recordResend(database, request),
    findReferral: (id, at) => findReferral(database, id, at),
    listReferrals: (referrerId, page, program, at) => listReferrals(database, referrerId, page, program, at),
    searchReferrals: (filter, page, at) => searchReferrals(database, filter, page, at),
    referralAddresses: (ids) => referralAddresses(database, vault, ids),
    expireReferrals: (at, limit) => expireReferrals(database, at, limit),
    openReferrals: (before, page, since) => openReferrals(database, before, page, since),
    referralsOf: (ids) => referralsOf(database, ids),
    untoldEnds: (times, page) => untoldEnds(database, times, page),
    untoldEndsOf: (accountId, limit) => untoldEndsOf(database, accountId, limit),
    noteEndsTold: (ids, at) => noteEndsTold(database, ids, at),
    dueRewards: (at, limit, now) => dueRewards(database, at, limit, now),
    eligibility: (id, program, at) => eligibility(database, policyVersion(), id, program, at),
    rewardWindow: (id, program, at, referralId) =>
      rewardWindow(database, policyVersion(), id, program, at, referralId),
    raiseCap: makeRaiseCap(database, policyVersion),
    openWindows: (months, at) => openWindows(database, months, at),
    programTerms: (program) => programTerms(database, policyVersion(), program),
    programReport: (request) => programReport(database, request),
  };
}
