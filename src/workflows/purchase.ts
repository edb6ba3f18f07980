/**
 * A purchase from its beginning to its payment. The ledger gives what was bought the moment it hears of the payment; this
 * process sees to it that it is heard of: it charges a top-up, waits for the payment of a checkout, asks the provider
 * at the end of that time what became of it, and mails what there is to tell.
 */
import { allHandlersFinished, CancellationScope, condition, setWorkflowOptions } from '@temporalio/workflow';
import type { PurchaseInput, PurchaseResult } from '../contracts/purchase.ts';
import { checkedPurchase, OpenPurchase } from './open-purchase.ts';
import { versioned } from './versioning.ts';

export async function purchase(input: PurchaseInput): Promise<PurchaseResult> {
  const purchase = new OpenPurchase(checkedPurchase(input));
  purchase.listen();
  // Money may be on its way: a cancellation requested of the workflow must not cut its process short.
  return await CancellationScope.nonCancellable(() => untilItsEnd(purchase));
}
// Days at most, and weeks for a slow bank.
setWorkflowOptions(versioned('AUTO_UPGRADE'), purchase);

async function untilItsEnd(purchase: OpenPurchase): Promise<PurchaseResult> {
  if (purchase.isOpen && purchase.isTopUp) await purchase.charge();
  while (purchase.isOpen) {
    await purchase.untilItIsDue();
    if (purchase.isOpen) await purchase.settle();
  }
  await purchase.mail();
  await condition(allHandlersFinished);
  return purchase.result;
}
