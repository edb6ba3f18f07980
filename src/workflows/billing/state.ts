/** One billing month: what the process knows of it, and what it has others do. */
import {
  ActivityFailure,
  condition,
  log,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
} from '@temporalio/workflow';
import type { BillingActivities } from '../../activities/billing/billing.ts';
import { billingDetails } from '../../contracts/billing/billing-card.ts';
import type {
  BillingCycleInput,
  BillingCycleProgress,
  BillingCycleResult,
  BillingMonthStanding,
  BillingStage,
  Invoice,
  InvoiceNotice,
} from '../../contracts/billing/invoice.ts';
import type { RefusedRequest } from '../../contracts/refused-request.ts';
import { summaryOf } from '../../contracts/summary.ts';
import { FOR_A_DAY, LEDGER_CALL, UNTIL_DONE } from '../activity-options.ts';
import { refusedNow } from '../cancel-request.ts';
import { now } from '../now.ts';
import { refusalOf } from '../refusal.ts';

const { closeBillingMonth } = proxyActivities<BillingActivities>(UNTIL_DONE);

const { collectInvoice, mailInvoice } = proxyActivities<BillingActivities>(FOR_A_DAY);
const { giveUpMail } = proxyActivities<BillingActivities>({ startToCloseTimeout: '1 minute' });

const ledger = proxyLocalActivities<BillingActivities>(LEDGER_CALL);

export class OpenBillingMonth {
  readonly #input: BillingCycleInput;
  #stage: BillingStage = 'waiting';
  #standing: BillingMonthStanding | null = null;
  #refused: RefusedRequest | undefined;
  /** A request to cancel was refused: the run that received it is marked with it forever. */
  #needsNewRun = false;

  constructor(input: BillingCycleInput) {
    this.#input = input;
    this.#refused = input.refused;
    this.#show();
  }

  /** What the process knows. */
  get progress(): BillingCycleProgress {
    const { account_id, month, ends_at } = this.#input;
    return { account_id, month, ends_at, stage: this.#stage, standing: this.#standing };
  }

  /** Input of a run that continues where this one stopped. */
  nextRun(): BillingCycleInput {
    const { account_id, month, ends_at } = this.#input;
    const refused = this.#refused;
    return { account_id, month, ends_at, ...(refused === undefined ? {} : { refused }) };
  }

  /** Somebody asks to cancel it: what was used would never be invoiced. */
  refuseToCancel(): void {
    this.#refused = refusedNow('What was used in the month is owed; its invoice can be voided or credited.');
    this.#needsNewRun = this.#stage === 'waiting';
    this.#show();
  }

  /** Waits for the month's end. @returns true when it has come; false when the process is to continue in a new run. */
  async untilItsEnd(): Promise<boolean> {
    const left = Date.parse(this.#input.ends_at) - Date.now();
    if (left <= 0) return true;
    const summary = `The month ends at ${this.#input.ends_at}`;
    return !(await condition(() => this.#needsNewRun, left, { summary }));
  }

  /** Reads the ledger. */
  async look(): Promise<void> {
    const { account_id, month } = this.#input;
    const summary = 'Read the month';
    try {
      this.#standing = await ledger.readBillingMonth.executeWithOptions({ summary }, [{ account_id, month }]);
    } catch (error) {
      throw refusalOf(error);
    }
    this.#show();
  }

  /** Closes the month in the ledger, which writes the invoice, and has the invoice collected and mailed. */
  async invoice(): Promise<BillingCycleResult> {
    const { account_id, month, ends_at } = this.#input;
    this.#goTo('closing');
    const at = new Date(Math.max(Date.now(), Date.parse(ends_at))).toISOString();
    const invoice = await closeBillingMonth.executeWithOptions(
      { summary: summaryOf(`Close the month of ${account_id}`) },
      [{ account_id, month }, at],
    );
    this.#goTo('collecting', invoice);
    const provider = await collected(invoice);
    this.#goTo('mailing');
    const notice = await mailed(invoice);
    this.#goTo('done', { ...invoice, notice });
    return { invoice_id: invoice.id, credits: invoice.credits, provider, notice };
  }

  #goTo(stage: BillingStage, invoice?: Invoice): void {
    this.#stage = stage;
    if (invoice !== undefined) {
      const { id, status, credits, due_at, notice } = invoice;
      this.#standing = { charged: credits, invoice: { id, status, credits, due_at, notice } };
    }
    this.#show();
  }

  #show(): void {
    setCurrentDetails(billingDetails(this.progress, this.#refused));
  }
}

/** Whether the provider collects the money. Without one, or when it will not, the invoice stays open for an operator. */
async function collected({ id }: Invoice): Promise<boolean> {
  try {
    return await collectInvoice.executeWithOptions({ summary: `Hand ${id} to the provider` }, [id, now()]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('The provider did not take an invoice', { id, error: String(error.cause) });
    return false;
  }
}

async function mailed({ id }: Invoice): Promise<InvoiceNotice> {
  try {
    return await mailInvoice.executeWithOptions({ summary: `Mail ${id}` }, [id, now()]);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.warn('An invoice was not mailed', { id, error: String(error.cause) });
    return await giveUpMail(id, now());
  }
}
