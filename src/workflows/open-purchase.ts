/** One running purchase: what the process knows of it, and what it has others do. */
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
import type { PurchaseActivities } from '../activities/purchase.ts';
import type { PurchaseMailActivities } from '../activities/purchase-mail.ts';
import {
  PURCHASE_KINDS,
  PURCHASE_STATUSES,
  type PurchaseInput,
  type PurchaseProgress,
  type PurchaseResult,
  purchaseWorkflowId,
} from '../contracts/purchase.ts';
import { purchaseDetails, unpaidAttributes } from '../contracts/purchase-card.ts';
import { purchaseChangedSignal, purchaseStatusQuery } from '../contracts/purchase-messages.ts';
import { invalid, refusalOf } from './refusal.ts';
import { instant, isRecord, oneOf, orNull, type Shape, shapeFaults, text } from './shape.ts';

const payments = proxyActivities<PurchaseActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

const mails = proxyActivities<PurchaseMailActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

/** Short, and once a message; the database may be away. */
const ledger = proxyLocalActivities<PurchaseActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '250 milliseconds', backoffCoefficient: 2, maximumInterval: '2 minutes' },
  localRetryThreshold: '4 seconds',
});

/** How often a payment is asked after that the bank has not answered, and how often at most. */
const ASK_AGAIN_MS = 86_400_000;
const ASK_AT_MOST = 30;

/** Throws the refusal of an input that is not the purchase of this workflow's id. */
export function checkedPurchase(input: PurchaseInput | undefined): PurchaseProgress {
  const purchase: unknown = isRecord(input) ? input.purchase : undefined;
  if (!isRecord(purchase) || purchaseWorkflowId(`${purchase.id}`) !== workflowInfo().workflowId) {
    const message = 'must hold the purchase of the workflow id; purchases go through the API';
    throw invalid([{ path: 'input', message }]);
  }
  const faults = shapeFaults('purchase', purchase, PURCHASE_SHAPE);
  if (faults.length > 0) throw invalid(faults);
  return purchase as PurchaseProgress;
}

const PURCHASE_SHAPE: Shape = {
  account_id: text,
  kind: oneOf(PURCHASE_KINDS),
  status: oneOf(PURCHASE_STATUSES),
  package: text,
  expires_at: instant,
  reason_code: orNull(text),
};

export class OpenPurchase {
  #purchase: PurchaseProgress;
  #due: number;
  #asked = 0;
  #woken = false;

  constructor(purchase: PurchaseProgress) {
    this.#purchase = purchase;
    this.#due = Date.parse(purchase.expires_at);
    this.#show();
  }

  get isOpen(): boolean {
    return this.#purchase.status === 'open';
  }

  get isTopUp(): boolean {
    return this.#purchase.kind === 'top_up';
  }

  get result(): PurchaseResult {
    const { status, reason_code } = this.#purchase;
    return { status, ...(reason_code === null ? {} : { reason_code }) };
  }

  /** Registers the handlers; called before the workflow's first await. */
  listen(): void {
    setHandler(purchaseStatusQuery, () => this.#purchase, {
      description: 'What the process knows of its purchase.',
    });
    setHandler(
      purchaseChangedSignal,
      (standing) => {
        // Whatever it says, it only wakes: the ledger has the word. Runs of earlier versions believed it.
        if (patched('a-signal-only-wakes')) this.#woken = true;
        // A signal has no caller to refuse: what does not fit is dropped.
        else if (PURCHASE_STATUSES.includes(standing?.status)) this.#become(standing);
        else log.warn('A signal without a status was dropped');
      },
      { description: 'Look at the ledger again. Sent by Boon; what it says is not believed.' },
    );
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

  /** Waits until the purchase has ended, or its time to be paid has. */
  async untilItIsDue(): Promise<void> {
    while (this.isOpen && Date.now() < this.#due) {
      const summary = `open until ${new Date(this.#due).toISOString()}`;
      await condition(() => !this.isOpen || this.#woken, this.#due - Date.now(), { summary });
      if (this.#woken) await this.#look();
    }
  }

  /** Asks the provider what became of it. A bank that has not answered is asked after again, a day later. */
  async settle(): Promise<void> {
    this.#asked += 1;
    const last = this.#asked >= ASK_AT_MOST;
    const summary = 'What became of the payment';
    this.#become(
      await this.#asking(
        payments.settlePurchase.executeWithOptions({ summary }, [this.#purchase.id, now(), last]),
      ),
    );
    this.#due = Date.now() + ASK_AGAIN_MS;
  }

  async #look(): Promise<void> {
    this.#woken = false;
    const summary = 'Read the purchase';
    this.#become(
      await this.#asking(ledger.readPurchase.executeWithOptions({ summary }, [this.#purchase.id])),
    );
  }

  /** Mails what there is to tell; whether that works changes nothing. */
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

  async #asking<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Takes over the ledger's word; what is open again is an older word, but for a payment that does not fit. */
  #become({
    status,
    reason_code,
    case: opened,
  }: Pick<PurchaseProgress, 'status' | 'reason_code' | 'case'>): void {
    if (opened !== undefined) this.#purchase = { ...this.#purchase, case: opened };
    else if (status === 'open') return;
    if (status !== 'open') this.#purchase = { ...this.#purchase, status, reason_code: reason_code ?? null };
    this.#show();
  }

  #show(): void {
    setCurrentDetails(purchaseDetails(this.#purchase));
    const attributes = unpaidAttributes(this.#purchase);
    if (attributes.length > 0) upsertSearchAttributes(attributes);
  }
}

/** Workflow time: a replay and a time-skipping test read the same. */
function now(): string {
  return new Date().toISOString();
}
