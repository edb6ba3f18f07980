/** One running referral: what the process knows of it, and what it has others do. */
import {
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReferralActivities } from '../../activities/referrals/referral.ts';
import type { RewardActivities } from '../../activities/referrals/reward.ts';
import {
  MOST_RESENDS,
  type Referral,
  type ReferralInput,
  type ReferralProgress,
  type ReferralResult,
  type ReferralStanding,
  type RewardsGiven,
  referralProgress,
} from '../../contracts/referrals/referral.ts';
import { referralDetails } from '../../contracts/referrals/referral-card.ts';
import { endedReferralFoundBy } from '../../contracts/referrals/referral-search-attributes.ts';
import type { RefusedRequest } from '../../contracts/refused-request.ts';
import { summaryOf } from '../../contracts/summary.ts';
import { OPEN_REFERRAL_STATUSES, REFERRAL_STATUSES } from '../../domain/referral-status.ts';
import { LEDGER_CALL } from '../activity-options.ts';
import { refusedNow } from '../cancel-request.ts';
import { now } from '../now.ts';
import { refusal, refusalOf } from '../refusal.ts';
import { showSearchAttributes } from '../search-attributes.ts';
import { takingTurns } from '../turns.ts';
import { ReferralPost } from './post.ts';

/** What people ask for through Temporal: short, and answered at once. */
const ledger = proxyLocalActivities<ReferralActivities>(LEDGER_CALL);

/**
 * An ordinary activity, for it waits for the window's process: local ones of many friends at once would keep every
 * place for a workflow task, and the window would have none left to answer in.
 */
const reward = proxyActivities<RewardActivities>({
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '2 minutes' },
});

export class OpenReferral {
  readonly #inTurn = takingTurns();
  #referral: ReferralProgress;
  #rewardIsDue: boolean;
  readonly #post: ReferralPost;
  #isToLook = false;
  /** Requests to cancel that were refused; the run that received one is marked with it forever. */
  #cancelRequests: number;
  #refused: RefusedRequest | undefined;
  #isToBeginAnew = false;

  constructor({ referral, resent = 0, invitation, cancel_requests = 0, refused }: ReferralInput) {
    this.#referral = referral;
    this.#rewardIsDue = referral.status === 'qualified';
    this.#cancelRequests = cancel_requests;
    this.#refused = refused;
    this.#post = new ReferralPost(referral.id, { resent, invitation }, () => this.#show());
    this.#show();
  }

  /** What the process knows. */
  get progress(): ReferralProgress {
    return this.#referral;
  }

  get isOpen(): boolean {
    return OPEN_REFERRAL_STATUSES.includes(this.#referral.status);
  }

  /** The friend has done enough, or a deferred reward's month has come; nobody has claimed it since. */
  get rewardIsDue(): boolean {
    return this.#rewardIsDue && this.#referral.status === 'qualified';
  }

  /**
   * History has grown long, or a request to cancel was refused. Not while a mail is on its way, which the new run would
   * know nothing of.
   */
  get needsNewRun(): boolean {
    const isDue = workflowInfo().continueAsNewSuggested || this.#isToBeginAnew;
    return isDue && this.#post.isQuiet;
  }

  /** Requests to cancel that were refused before. */
  get cancelRequests(): number {
    return this.#cancelRequests;
  }

  /** A request to cancel was refused, and why. */
  refusedToCancel(why: string): void {
    this.#cancelRequests += 1;
    this.#refused = refusedNow(why);
    this.#isToBeginAnew = true;
    // The ledger knows more than the process did.
    this.#isToLook = true;
    this.#showDetails();
  }

  /** What the workflow ends with. */
  get result(): ReferralResult {
    const { status, reason_code, detail, reason, rewarded_at } = this.#referral;
    return {
      status,
      ...(reason_code == null ? {} : { reason_code }),
      ...(detail == null ? {} : { detail }),
      ...(reason == null ? {} : { reason }),
      ...(rewarded_at == null ? {} : { rewarded_at }),
    };
  }

  /** Mails the invitation beside the process: whether that works never holds up the referral. */
  mailInvitation(): void {
    if (this.#referral.status === 'invited') this.#post.invite();
  }

  /** Mails the invitation again, by the id of what asks for it. @returns how often it has been. */
  mailAgain(request: string | undefined): { resent: number } {
    this.#post.inviteAgain(request);
    return { resent: this.#post.resent };
  }

  /** Throws the refusal of one more mail. Synchronous, for an update's validator. */
  checkResend(): void {
    if (this.#referral.status !== 'invited') {
      throw refusal('already_resolved', 'The invitation no longer waits for the friend.');
    }
    if (this.#post.resent >= MOST_RESENDS) {
      throw refusal('resend_limit_reached', `An invitation is mailed again at most ${MOST_RESENDS} times.`);
    }
  }

  /**
   * Somebody says how the ledger has the referral. What would end it is not believed: the ledger is looked at. Any other
   * word ends nothing, and the ledger decides whatever is done about it.
   */
  hear(standing: ReferralStanding, isDue: boolean): void {
    const ends = !OPEN_REFERRAL_STATUSES.includes(standing.status);
    // Runs of earlier versions believed it.
    if (ends && patched('a-signal-only-wakes')) this.#isToLook = true;
    else if (isDue) this.prompted(standing);
    else this.become(standing);
  }

  get isToLook(): boolean {
    return this.#isToLook;
  }

  /** Looks at the ledger. */
  async look(): Promise<void> {
    this.#isToLook = false;
    const summary = 'Read the referral';
    try {
      this.#hearOfRewards(await ledger.readReferral.executeWithOptions({ summary }, [this.#referral.id]));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Adopts the ledger's state; one that is older than what is known changes nothing. */
  become(standing: ReferralStanding): void {
    if (rank(standing) < rank(this.#referral)) return;
    const { id, program, referrer_id, prompts_required, expires_at } = this.#referral;
    this.#referral = { id, program, referrer_id, prompts_required, expires_at, ...standing };
    this.#show();
  }

  /** The same, and the reward is to be claimed. */
  prompted(standing: ReferralStanding): void {
    this.become(standing);
    this.#rewardIsDue = true;
  }

  /** Has the ledger take note that the friend came by the link. Rejects with the activity's failure. */
  useLink(key: string, account_id: string): Promise<Referral> {
    return this.#act((referral_id, at) =>
      ledger.useLink.executeWithOptions({ summary: summaryOf(`Link used by ${account_id}`) }, [
        { key, at, referral_id, account_id },
      ]),
    );
  }

  /** Has the ledger cancel the referral. Rejects with the activity's failure. */
  cancel(key: string, reason: string, by: string): Promise<Referral> {
    return this.#act((referral_id, at) =>
      ledger.cancelReferral.executeWithOptions({ summary: summaryOf(`cancel by ${by}`) }, [
        { key, at, referral_id, action: 'cancel', reason, by },
      ]),
    );
  }

  /** Claims a place in the month's window and has the ledger bank the rewards, refuse or defer them. */
  async claimReward(): Promise<void> {
    this.#rewardIsDue = false;
    try {
      const claim = reward.claimReward.executeWithOptions({ summary: 'Claim a place in the month' }, [
        this.#referral.id,
        now(),
      ]);
      this.#hearOfRewards(await claim);
    } catch (error) {
      const { type } = refusalOf(error) as { type?: string };
      if (type !== 'window_closed') throw refusalOf(error);
      // The month ended between the prompt and the claim: a moment later it is the next one.
      await sleep('1 second', { summary: 'The month is over; claiming in the next' });
      this.#rewardIsDue = true;
    }
  }

  /** Mails those who were rewarded, if they have not been mailed. */
  mailReward(): void {
    this.#post.tellBoth();
  }

  /** Waits until no mail is on its way: an activity must not outlive its workflow. */
  untilNothingIsMailed(): Promise<void> {
    return this.#post.untilQuiet();
  }

  /** Input of a run that continues where this one stopped. */
  nextRun(): ReferralInput {
    const { invitation, resent } = this.#post;
    const refused = this.#refused;
    return {
      referral: this.#referral,
      resent,
      ...(invitation === undefined ? {} : { invitation }),
      ...(refused === undefined ? {} : { refused, cancel_requests: this.#cancelRequests }),
    };
  }

  #act(work: (referralId: string, at: string) => Promise<Referral>): Promise<Referral> {
    return this.#inTurn(async () => {
      const answer = await work(this.#referral.id, now());
      this.prompted(referralProgress(answer));
      return answer;
    });
  }

  /** Adopts the ledger's state, and mails everyone who was given a reward meanwhile. */
  #hearOfRewards({ given, ...standing }: ReferralStanding & RewardsGiven): void {
    this.become(standing);
    if (given !== undefined) this.#post.tell(given);
  }

  #showDetails(): void {
    setCurrentDetails(referralDetails(this.#referral, this.#post.invitation, this.#refused));
  }

  /** Makes the referral readable in the Web UI; costs history only where it ends without a reward. */
  #show(): void {
    this.#showDetails();
    showSearchAttributes(endedReferralFoundBy(this.#referral));
  }
}

/** Signals may arrive in another order than the ledger's. */
function rank({ status }: ReferralStanding): number {
  const place = REFERRAL_STATUSES.indexOf(status);
  const end = REFERRAL_STATUSES.indexOf('rewarded');
  return Math.min(place, end);
}
