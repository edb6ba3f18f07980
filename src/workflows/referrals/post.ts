/** The letters of one running referral: its invitation, and the news of each reward. Whether they arrive holds up nothing. */
import { log, proxyActivities } from '@temporalio/workflow';
import type { ReferralMailActivities } from '../../activities/referrals/referral-mail.ts';
import type { GivenReward, MailOutcome } from '../../contracts/referrals/referral.ts';
import { FOR_A_DAY } from '../activity-options.ts';
import { now } from '../now.ts';
import { refusalOf } from '../refusal.ts';

const mail = proxyActivities<ReferralMailActivities>(FOR_A_DAY);

type Recipient = GivenReward['recipient'];

export class ReferralPost {
  readonly #referralId: string;
  readonly #whenDone: () => void;
  #invitation: MailOutcome | undefined;
  #resent: number;
  #mailing: Promise<void> = Promise.resolve();
  #onTheirWay = 0;
  /** Who was mailed about their reward; undefined while only activities of earlier versions have answered, which did not say who has one. */
  #told: Set<Recipient> | undefined;

  /** @param whenDone called after each letter */
  constructor(
    referralId: string,
    mailed: { resent: number; invitation: MailOutcome | undefined },
    whenDone: () => void,
  ) {
    this.#referralId = referralId;
    this.#resent = mailed.resent;
    this.#invitation = mailed.invitation;
    this.#whenDone = whenDone;
  }

  /** What happened to the invitation, once that is known. */
  get invitation(): MailOutcome | undefined {
    return this.#invitation;
  }

  /** How often it was mailed again. */
  get resent(): number {
    return this.#resent;
  }

  get isQuiet(): boolean {
    return this.#onTheirWay === 0;
  }

  /** Mails the invitation, unless that is done. */
  invite(): void {
    if (this.#invitation !== undefined) return;
    this.#inTurn(async () => {
      this.#invitation = await this.#sendInvitation();
    });
  }

  /** Mails it again. @param request what asks for it, by its id: a letter of its own, however often the process begins anew */
  inviteAgain(request: string | undefined): void {
    this.#resent += 1;
    this.#inTurn(async () => {
      const outcome = await this.#sendInvitation(request);
      if (outcome !== 'failed') this.#invitation = outcome;
    });
  }

  /** Mails each who was given a reward and has not been mailed, a letter of their own. */
  tell(given: readonly Recipient[]): void {
    this.#told ??= new Set();
    for (const recipient of given) {
      if (this.#told.has(recipient)) continue;
      this.#told.add(recipient);
      const args: [string, Recipient, string] = [this.#referralId, recipient, now()];
      const summary = `Tell the ${recipient}`;
      const sent = outcomeOf(mail.sendRewardMail.executeWithOptions({ summary }, args));
      const before = this.#mailing;
      this.#onTheirWay += 1;
      this.#mailing = sent.then(async () => {
        this.#onTheirWay -= 1;
        await before;
      });
    }
  }

  /** Mails both, where an earlier version did not mail each when they were rewarded. */
  tellBoth(): void {
    if (this.#told !== undefined) return;
    this.#inTurn(async () => {
      await outcomeOf(mail.sendRewardMail.executeWithOptions({ summary: 'Tell them' }, [this.#referralId]));
    });
  }

  /** Waits until no letter is on its way: an activity must not outlive its workflow. */
  async untilQuiet(): Promise<void> {
    while (!this.isQuiet) await this.#mailing;
  }

  #sendInvitation(request?: string): Promise<MailOutcome> {
    const by: [string?] = request === undefined ? [] : [request];
    const args: Parameters<ReferralMailActivities['sendInvitation']> = [
      this.#referralId,
      this.#resent,
      now(),
      ...by,
    ];
    return outcomeOf(mail.sendInvitation.executeWithOptions({ summary: 'Invitation' }, args));
  }

  #inTurn(send: () => Promise<void>): void {
    this.#onTheirWay += 1;
    this.#mailing = this.#mailing.then(send).finally(() => {
      this.#onTheirWay -= 1;
      this.#whenDone();
    });
  }
}

async function outcomeOf(sent: Promise<MailOutcome>): Promise<MailOutcome> {
  try {
    return await sent;
  } catch (error) {
    log.warn('A mail could not be sent', { error: String(refusalOf(error)) });
    return 'failed';
  }
}
