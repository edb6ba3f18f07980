/**
 * One billing month of an organisation that is invoiced: waits for its end, closes it in the ledger, which writes the
 * invoice, hands that to the payment provider where there is one, and mails it. The ledger has it paid later, by the
 * provider's word or an operator's.
 */
import {
  ActivityFailure,
  log,
  proxyActivities,
  setCurrentDetails,
  setWorkflowOptions,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { BillingActivities } from '../activities/billing.ts';
import {
  type BillingCycleInput,
  type BillingCycleResult,
  billingCycleWorkflowId,
  type Invoice,
  type InvoiceNotice,
} from '../contracts/invoice.ts';
import { invalid } from './refusal.ts';
import { instant } from './shape.ts';
import { versioned } from './versioning.ts';

const { closeBillingMonth } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});

/** What must not hold up the rest is given up after a day. */
const { collectInvoice, mailInvoice } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '1 minute',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5 seconds', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});
const { giveUpMail } = proxyActivities<BillingActivities>({ startToCloseTimeout: '1 minute' });

/** Started by `reconcile` after the month's first charge; its id says whose month and which. */
export async function billingCycle(input: BillingCycleInput): Promise<BillingCycleResult> {
  const { account_id, month, ends_at } = checked(input);
  const left = Date.parse(ends_at) - Date.now();
  if (left > 0) await sleep(left, { summary: `The month ends at ${ends_at}` });

  const at = new Date(Math.max(Date.now(), Date.parse(ends_at))).toISOString();
  const invoice = await closeBillingMonth.executeWithOptions(
    { summary: `Close the month of ${account_id}` },
    [{ account_id, month }, at],
  );
  setCurrentDetails(`Invoice **${invoice.id}**: ${invoice.credits} credits, due ${invoice.due_at}`);
  const provider = await collected(invoice);
  const notice = await mailed(invoice);
  return { invoice_id: invoice.id, credits: invoice.credits, provider, notice };
}
// It waits for up to a month: it goes on under newer code.
setWorkflowOptions(versioned('AUTO_UPGRADE'), billingCycle);

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

/** Throws the refusal of an input that is not the month of this workflow's id. */
function checked(input: BillingCycleInput | undefined): BillingCycleInput {
  const { account_id, month, ends_at } = input ?? {};
  const isMine = billingCycleWorkflowId(`${account_id}`, `${month}`) === workflowInfo().workflowId;
  if (input !== undefined && isMine && instant(ends_at) === undefined) return input;
  throw invalid([{ path: 'input', message: 'must hold the organisation and the month of the workflow id' }]);
}

function now(): string {
  return new Date().toISOString();
}
