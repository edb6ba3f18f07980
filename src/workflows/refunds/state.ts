/** One running refund: what the process knows of it, and what it has others do. */
import {
  condition,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { PurchaseMailActivities } from '../../activities/purchases/purchase-mail.ts';
import type { RefundActivities } from '../../activities/purchases/refund.ts';
import {
  REFUND_ASK_AGAIN_MS,
  REFUND_ASK_AT_MOST,
  REFUND_STATUSES,
  type RefundInput,
  type RefundProgress,
  type RefundResult,
} from '../../contracts/purchases/refund.ts';
import { failedRefundFoundBy, refundDetails } from '../../contracts/purchases/refund-card.ts';
import type { RefusedRequest } from '../../contracts/refused-request.ts';
import { FOR_A_DAY, LEDGER_CALL, UNTIL_DONE } from '../activity-options.ts';
import { refusedNow } from '../cancel-request.ts';
import { now } from '../now.ts';
import { refusal, refusalOf } from '../refusal.ts';
import { setSearchAttributes } from '../search-attributes.ts';

const payments = proxyActivities<RefundActivities>(UNTIL_DONE);

const mails = proxyActivities<PurchaseMailActivities>(FOR_A_DAY);

const ledger = proxyLocalActivities<RefundActivities>(LEDGER_CALL);

type Standing = Pick<RefundProgress, 'status' | 'reason_code'>;

export class OpenRefund {
  #refund: RefundProgress;
  #asked: number;
  /** When the bank is asked again; undefined before it was asked for the first time. */
  #askAt: string | undefined;
  #refused: RefusedRequest | undefined;
  /** It is to look at the ledger: what woke the run before may have come too late for it. */
  #woken: boolean;
  #needsNewRun = false;

  constructor({ refund, asked = 0, ask_at, refused, woken }: RefundInput) {
    this.#refund = refund;
    this.#asked = asked;
    this.#askAt = ask_at;
    this.#refused = refused;
    this.#woken = woken === true;
    this.#show();
  }

  /** What the process knows. */
  get progress(): RefundProgress {
    return this.#refund;
  }

  /** Nobody was asked to send the money yet. */
  get isToSend(): boolean {
    return this.#askAt === undefined;
  }

  /** A request to cancel was refused: the run that received it is marked with it forever. */
  get needsNewRun(): boolean {
    return this.#needsNewRun;
  }

  /** Input of a run that continues where this one stopped. */
  nextRun(): RefundInput {
    const refused = this.#refused;
    return {
      refund: this.#refund,
      asked: this.#asked,
      ...(this.#askAt === undefined ? {} : { ask_at: this.#askAt }),
      ...(refused === undefined ? {} : { refused }),
      woken: this.#woken,
    };
  }

  get isPending(): boolean {
    return this.#refund.status === 'pending';
  }

  get mayAskAgain(): boolean {
    return this.#asked < REFUND_ASK_AT_MOST;
  }

  get result(): RefundResult {
    const { status, reason_code } = this.#refund;
    return { status, ...(reason_code === null ? {} : { reason_code }) };
  }

  /** Whatever a signal says, it only wakes: the ledger decides. Runs of earlier versions believed it. */
  hear(standing?: Standing): void {
    if (patched('a-signal-only-wakes')) this.#woken = true;
    // A signal has no caller to refuse: what does not fit is dropped.
    else if (standing && REFUND_STATUSES.includes(standing.status)) this.#become(standing);
    else log.warn('A signal without a status was dropped');
  }

  /** Somebody asks to cancel it. */
  refuseToCancel(): void {
    const why = this.isPending
      ? 'The money may be on its way: a refund cannot be called back.'
      : `The refund has ${this.#refund.status}.`;
    this.#refused = refusedNow(why);
    this.#needsNewRun = true;
    this.#showDetails();
  }

  /** Throws the refusal of asking after a refund that has ended. Synchronous, for an update's validator. */
  checkPending(): void {
    if (!this.isPending) throw refusal('already_resolved', `The refund has ${this.#refund.status}.`);
  }

  /** Has the provider send the money, or say how far that is, and the ledger note it. */
  async send(): Promise<void> {
    const summary = this.#asked === 0 ? 'Send the money back' : 'Ask how far the money is';
    this.#asked += 1;
    await this.ask(summary);
    this.#askAt = new Date(Date.now() + REFUND_ASK_AGAIN_MS).toISOString();
    this.#showDetails();
  }

  /** Asks the provider, which sends the money if it has not; the process asks again when it would have all the same. */
  async ask(summary = 'Ask how far the money is'): Promise<void> {
    try {
      this.#become(await payments.sendRefund.executeWithOptions({ summary }, [this.#refund.id, now()]));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Waits until the webhook has said what happened to it, or it is time to ask. */
  async waitForTheBank(): Promise<void> {
    while (this.isPending && !this.#needsNewRun && this.#left > 0) {
      const summary = `asks the provider again at ${this.#askAt}`;
      const woken = () => !this.isPending || this.#woken || this.#needsNewRun;
      await condition(woken, this.#left, { summary });
      if (this.#woken) await this.look();
    }
  }

  /** Looks at the ledger. */
  async look(): Promise<void> {
    this.#woken = false;
    const summary = 'Read the refund';
    try {
      this.#become(await ledger.readRefund.executeWithOptions({ summary }, [this.#refund.id]));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Mails the news; whether that works changes nothing. */
  async mail(): Promise<void> {
    try {
      await mails.sendRefundMail.executeWithOptions({ summary: 'Tell the buyer' }, [this.#refund.id, now()]);
    } catch (error) {
      log.warn('A mail could not be sent', { error: String(refusalOf(error)) });
    }
  }

  /** Adopts the ledger's state, unless it is an older one: pending, succeeded, failed is the only order. */
  #become({ status, reason_code }: Standing): void {
    if (REFUND_STATUSES.indexOf(status) <= REFUND_STATUSES.indexOf(this.#refund.status)) return;
    this.#refund = { ...this.#refund, status, reason_code: reason_code ?? null };
    this.#show();
  }

  get #left(): number {
    return this.#askAt === undefined ? 0 : Date.parse(this.#askAt) - Date.now();
  }

  #showDetails(): void {
    const doing = { asked: this.#asked, ask_at: this.#askAt, refused: this.#refused };
    setCurrentDetails(refundDetails(this.#refund, doing));
  }

  #show(): void {
    this.#showDetails();
    setSearchAttributes(failedRefundFoundBy(this.#refund));
  }
}
