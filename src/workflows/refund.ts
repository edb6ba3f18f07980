/**
 * A refund from the ledger's word to the money. The ledger has taken what was bought out of the account before this process
 * begins; it has the provider send the money, waits for a bank that takes its time, and mails what there is to tell. A
 * refund that fails gives back in the ledger what it took.
 */
import { allHandlersFinished, CancellationScope, condition, setWorkflowOptions } from '@temporalio/workflow';
import type { RefundInput, RefundResult } from '../contracts/refund.ts';
import { checkedRefund, OpenRefund } from './open-refund.ts';
import { versioned } from './versioning.ts';

export async function refund(input: RefundInput): Promise<RefundResult> {
  const refund = new OpenRefund(checkedRefund(input));
  refund.listen();
  // Money may be on its way: a cancellation requested of the workflow must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(refund));
}
// Moments mostly, and weeks for a slow bank.
setWorkflowOptions(versioned('AUTO_UPGRADE'), refund);

async function untilItsEnd(refund: OpenRefund): Promise<RefundResult> {
  await refund.send();
  while (refund.isPending && refund.mayAskAgain) {
    await refund.waitForTheBank();
    if (refund.isPending) await refund.send();
  }
  await refund.mail();
  await condition(allHandlersFinished);
  return refund.result;
}
