/**
 * A refund from the ledger's word to the money. The ledger has taken what was bought out of the account before this process
 * begins; it has the provider send the money, waits for a bank that takes its time, and mails the news. A
 * refund that fails gives back in the ledger what it took.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { RefundInput, RefundResult, RefundWorkflow } from '../../contracts/purchases/refund.ts';
import { versioned } from '../versioning.ts';
import { checkedRefund } from './input.ts';
import { handleRefundMessages } from './messages.ts';
import { OpenRefund } from './state.ts';

export async function refund(input: RefundInput): Promise<RefundResult> {
  const refund = new OpenRefund(checkedRefund(input));
  handleRefundMessages(refund);
  // Money may be on its way: a cancellation requested of the workflow is refused, and must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(refund));
}
// Moments mostly, and weeks for a slow bank.
setWorkflowOptions(versioned('AUTO_UPGRADE'), refund);

async function untilItsEnd(refund: OpenRefund): Promise<RefundResult> {
  if (refund.isToSend) await refund.send();
  while (refund.isPending && refund.mayAskAgain) {
    await refund.waitForTheBank();
    if (refund.isPending && refund.needsNewRun) await goOnInNewRun(refund);
    else if (refund.isPending) await refund.send();
  }
  await refund.mail();
  await condition(allHandlersFinished);
  return refund.result;
}

/** A request to cancel was refused: the same refund continues, and can take the next one. */
async function goOnInNewRun(refund: OpenRefund): Promise<void> {
  await condition(allHandlersFinished);
  if (refund.isPending) await continueAsNew<RefundWorkflow>(refund.nextRun());
}
