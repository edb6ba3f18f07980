/** One running refund: what the process knows of it, and what it has others do. */
import {
  condition,
  log,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { PurchaseMailActivities } from '../activities/purchase-mail.ts';
import type { RefundActivities } from '../activities/refund.ts';
import {
  REFUND_ASK_AGAIN_MS,
  REFUND_ASK_AT_MOST,
  REFUND_STATUSES,
  type RefundInput,
  type RefundProgress,
  type RefundResult,
  refundWorkflowId,
} from '../contracts/refund.ts';
import { failedAttributes, refundDetails } from '../contracts/refund-card.ts';
import { refundChangedSignal, refundStatusQuery } from '../contracts/refund-messages.ts';
import { invalid, refusalOf } from './refusal.ts';
import { isRecord, oneOf, orNull, type Shape, shapeFaults, text, whole } from './shape.ts';

const payments = proxyActivities<RefundActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

const mails = proxyActivities<PurchaseMailActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

/** Short, and once a message; the database may be away. */
const ledger = proxyLocalActivities<RefundActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '250 milliseconds', backoffCoefficient: 2, maximumInterval: '2 minutes' },
  localRetryThreshold: '4 seconds',
});

/** Throws the refusal of an input that is not the refund of this workflow's id. */
export function checkedRefund(input: RefundInput | undefined): RefundProgress {
  const refund: unknown = isRecord(input) ? input.refund : undefined;
  if (!isRecord(refund) || refundWorkflowId(`${refund.id}`) !== workflowInfo().workflowId) {
    const message = 'must hold the refund of the workflow id; refunds go through the API';
    throw invalid([{ path: 'input', message }]);
  }
  const faults = shapeFaults('refund', refund, REFUND_SHAPE);
  if (faults.length > 0) throw invalid(faults);
  return refund as RefundProgress;
}

const REFUND_SHAPE: Shape = {
  purchase_id: text,
  account_id: text,
  status: oneOf(REFUND_STATUSES),
  amount: whole,
  currency: text,
  reason_code: orNull(text),
};

export class OpenRefund {
  #refund: RefundProgress;
  #asked = 0;
  #woken = false;

  constructor(refund: RefundProgress) {
    this.#refund = refund;
    this.#show();
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

  /** Registers the handlers; called before the workflow's first await. */
  listen(): void {
    setHandler(refundStatusQuery, () => this.#refund, {
      description: 'What the process knows of its refund.',
    });
    setHandler(
      refundChangedSignal,
      (standing) => {
        // Whatever it says, it only wakes: the ledger has the word. Runs of earlier versions believed it.
        if (patched('a-signal-only-wakes')) this.#woken = true;
        // A signal has no caller to refuse: what does not fit is dropped.
        else if (REFUND_STATUSES.includes(standing?.status)) this.#become(standing);
        else log.warn('A signal without a status was dropped');
      },
      { description: 'Look at the ledger again. Sent by Boon; what it says is not believed.' },
    );
  }

  /** Has the provider send the money, or say how far that is, and the ledger note it. */
  async send(): Promise<void> {
    const summary = this.#asked === 0 ? 'Send the money back' : 'Ask how far the money is';
    this.#asked += 1;
    const now = new Date().toISOString();
    try {
      this.#become(await payments.sendRefund.executeWithOptions({ summary }, [this.#refund.id, now]));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Waits until the webhook has said what became of it, or it is time to ask. */
  async waitForTheBank(): Promise<void> {
    const due = Date.now() + REFUND_ASK_AGAIN_MS;
    while (this.isPending && Date.now() < due) {
      const summary = `asks the provider again at ${new Date(due).toISOString()}`;
      await condition(() => !this.isPending || this.#woken, due - Date.now(), { summary });
      if (this.#woken) await this.#look();
    }
  }

  async #look(): Promise<void> {
    this.#woken = false;
    const summary = 'Read the refund';
    try {
      this.#become(await ledger.readRefund.executeWithOptions({ summary }, [this.#refund.id]));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Mails what there is to tell; whether that works changes nothing. */
  async mail(): Promise<void> {
    try {
      await mails.sendRefundMail.executeWithOptions({ summary: 'Tell the buyer' }, [
        this.#refund.id,
        new Date().toISOString(),
      ]);
    } catch (error) {
      log.warn('A mail could not be sent', { error: String(refusalOf(error)) });
    }
  }

  /** Takes over the ledger's word, unless it is an older one: pending, succeeded, failed is the only order. */
  #become({ status, reason_code }: Pick<RefundProgress, 'status' | 'reason_code'>): void {
    if (REFUND_STATUSES.indexOf(status) <= REFUND_STATUSES.indexOf(this.#refund.status)) return;
    this.#refund = { ...this.#refund, status, reason_code: reason_code ?? null };
    this.#show();
  }

  #show(): void {
    setCurrentDetails(refundDetails(this.#refund));
    const attributes = failedAttributes(this.#refund);
    if (attributes.length > 0) upsertSearchAttributes(attributes);
  }
}
