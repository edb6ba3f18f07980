/** One running purchase: what the process knows of it, and what it has others do. */
import {
  condition,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { PurchaseActivities } from '../../activities/purchases/purchase.ts';
import type { PurchaseMailActivities } from '../../activities/purchases/purchase-mail.ts';
import {
  PURCHASE_STATUSES,
  type PurchaseInput,
  type PurchaseProgress,
  type PurchaseResult,
} from '../../contracts/purchases/purchase.ts';
import { purchaseDetails, unpaidPurchaseFoundBy } from '../../contracts/purchases/purchase-card.ts';
import type { RefusedRequest } from '../../contracts/refused-request.ts';
import { FOR_A_DAY, LEDGER_CALL, UNTIL_DONE } from '../activity-options.ts';
import { refusedNow } from '../cancel-request.ts';
import { now } from '../now.ts';
import { refusal, refusalOf } from '../refusal.ts';
import { setSearchAttributes } from '../search-attributes.ts';

const payments = proxyActivities<PurchaseActivities>(UNTIL_DONE);

const mails = proxyActivities<PurchaseMailActivities>(FOR_A_DAY);

const ledger = proxyLocalActivities<PurchaseActivities>(LEDGER_CALL);

/** How often a payment is asked after that the bank has not answered, and how often at most. */
const ASK_AGAIN_MS = 86_400_000;
const ASK_AT_MOST = 30;

type Standing = Pick<PurchaseProgress, 'status' | 'reason_code' | 'case'>;

export class OpenPurchase {
  #purchase: PurchaseProgress;
  /** When the provider is asked what happened to it: the end of its time, then once a day. */
  #askAt: string;
  #asked: number;
  #refused: RefusedRequest | undefined;
  /** It is to look at the ledger: what woke the run before may have come too late for it. */
  #woken: boolean;
  #isToClose = false;
  #needsNewRun = false;

  constructor({ purchase, asked = 0, ask_at, refused, woken }: PurchaseInput) {
    this.#purchase = purchase;
    this.#asked = asked;
    this.#askAt = ask_at ?? purchase.expires_at;
    this.#refused = refused;
    this.#woken = woken === true;
    this.#show();
  }

  /** What the process knows. */
  get progress(): PurchaseProgress {
    return this.#purchase;
  }

  get isOpen(): boolean {
    return this.#purchase.status === 'open';
  }

  /** Its stored card is still to be charged. */
  get isToCharge(): boolean {
    return this.isOpen && this.#purchase.kind === 'top_up';
  }

  /** Somebody asked to cancel it, and its page can be closed. */
  get isToClose(): boolean {
    return this.#isToClose;
  }

  /** A request to cancel was refused: the run that received it is marked with it forever. */
  get needsNewRun(): boolean {
    return this.#needsNewRun;
  }

  get result(): PurchaseResult {
    const { status, reason_code } = this.#purchase;
    return { status, ...(reason_code === null ? {} : { reason_code }) };
  }

  /** Input of a run that continues where this one stopped. */
  nextRun(): PurchaseInput {
    const refused = this.#refused;
    return {
      purchase: this.#purchase,
      asked: this.#asked,
      ask_at: this.#askAt,
      ...(refused === undefined ? {} : { refused }),
      woken: this.#woken,
    };
  }

  /** Whatever a signal says, it only wakes: the ledger decides. Runs of earlier versions believed it. */
  hear(standing?: Standing): void {
    if (patched('a-signal-only-wakes')) this.#woken = true;
    // A signal has no caller to refuse: what does not fit is dropped.
    else if (standing && PURCHASE_STATUSES.includes(standing.status)) this.#become(standing);
    else log.warn('A signal without a status was dropped');
  }

  /** Somebody asks to cancel it: its page is closed, where it has one that is open. */
  askToCancel(): void {
    if (this.#purchase.kind === 'top_up') this.#refuse('The stored card is being charged.');
    else if (this.isOpen) this.#isToClose = true;
    else this.#refuse(`The purchase is ${this.#purchase.status}.`);
  }

  /** Throws the refusal of closing a page that there is not. Synchronous, for an update's validator. */
  checkCancel(): void {
    const { status, kind } = this.#purchase;
    if (status !== 'open') throw refusal('already_resolved', `The purchase is ${status}.`);
    if (kind === 'top_up') throw refusal('payment_pending', 'The stored card is being charged.');
  }

  /** Charges the stored card, and has the ledger note what came of it. */
  async charge(): Promise<void> {
    const { id } = this.#purchase;
    this.#become(
      await this.#asking(
        payments.chargeTopUp.executeWithOptions({ summary: 'Charge the stored card' }, [id, now()]),
      ),
    );
  }

  /** Waits until the purchase has ended, its time to be paid has, or somebody asks to cancel it. */
  async untilItIsDue(): Promise<void> {
    while (this.isOpen && !this.#isToClose && !this.#needsNewRun && this.#left > 0) {
      const summary = `open until ${this.#askAt}`;
      const woken = () => !this.isOpen || this.#woken || this.#isToClose || this.#needsNewRun;
      await condition(woken, this.#left, { summary });
      if (this.#woken) await this.look();
    }
  }

  /** Asks the provider what happened to it. A bank that has not answered is asked after again, a day later. */
  async settle(): Promise<void> {
    this.#asked += 1;
    const last = this.#asked >= ASK_AT_MOST;
    const summary = 'What happened to the payment';
    this.#become(
      await this.#asking(
        payments.settlePurchase.executeWithOptions({ summary }, [this.#purchase.id, now(), last]),
      ),
    );
    this.#askAt = new Date(Date.now() + ASK_AGAIN_MS).toISOString();
    this.#showDetails();
  }

  /** Closes its page, so that nobody can pay any more; what has been paid counts. */
  async close(): Promise<void> {
    this.#isToClose = false;
    const summary = 'Close the page';
    this.#become(
      await this.#asking(payments.closePurchase.executeWithOptions({ summary }, [this.#purchase.id, now()])),
    );
  }

  /** Closes its page because a cancellation of the workflow was requested. */
  async closeOnRequest(): Promise<void> {
    await this.close();
    if (this.isOpen) this.#refuse(BANK_IS_SILENT);
  }

  /** Throws the refusal where the bank has still to say whether it was paid. */
  checkCanceled(): void {
    if (this.isOpen) throw refusal('payment_pending', BANK_IS_SILENT);
  }

  /** Looks at the ledger. */
  async look(): Promise<void> {
    this.#woken = false;
    const summary = 'Read the purchase';
    this.#become(
      await this.#asking(ledger.readPurchase.executeWithOptions({ summary }, [this.#purchase.id])),
    );
  }

  /** Mails the news; whether that works changes nothing. */
  async mail(): Promise<void> {
    try {
      await mails.sendPurchaseMail.executeWithOptions({ summary: 'Tell the buyer' }, [
        this.#purchase.id,
        now(),
      ]);
    } catch (error) {
      log.warn('A mail could not be sent', { error: String(refusalOf(error)) });
    }
  }

  get #left(): number {
    return Date.parse(this.#askAt) - Date.now();
  }

  #refuse(why: string): void {
    this.#refused = refusedNow(why);
    this.#needsNewRun = true;
    this.#showDetails();
  }

  async #asking<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Adopts the ledger's state; ignores a stale `open`, except for a payment that does not fit. */
  #become({ status, reason_code, case: opened }: Standing): void {
    if (opened !== undefined) this.#purchase = { ...this.#purchase, case: opened };
    else if (status === 'open') return;
    if (status !== 'open') this.#purchase = { ...this.#purchase, status, reason_code: reason_code ?? null };
    this.#show();
  }

  #showDetails(): void {
    setCurrentDetails(purchaseDetails(this.#purchase, { ask_at: this.#askAt, refused: this.#refused }));
  }

  #show(): void {
    this.#showDetails();
    setSearchAttributes(unpaidPurchaseFoundBy(this.#purchase));
  }
}

const BANK_IS_SILENT = 'Somebody has paid, and the bank has not answered yet.';
