/**
 * A purchase from its beginning to its payment. The ledger gives what was bought the moment it learns of the payment;
 * this process makes sure the ledger learns of the payment: it charges a top-up, waits for the payment of a checkout,
 * asks the provider
 * at the end of that time what happened to it, and mails the news.
 */
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  setWorkflowOptions,
} from '@temporalio/workflow';
import type { PurchaseInput, PurchaseResult, PurchaseWorkflow } from '../../contracts/purchases/purchase.ts';
import { isBegunAnew } from '../begun-anew.ts';
import { versioned } from '../versioning.ts';
import { checkedPurchase } from './input.ts';
import { handlePurchaseMessages } from './messages.ts';
import { OpenPurchase } from './state.ts';

export async function purchase(input: PurchaseInput): Promise<PurchaseResult> {
  const purchase = new OpenPurchase(checkedPurchase(input));
  handlePurchaseMessages(purchase);
  // A cancellation requested of the workflow closes the page; it must not cut its process short, for money may be on its way.
  return await CancellationScope.nonCancellable(() => untilItsEnd(purchase));
}
// Days at most, and weeks for a slow bank.
setWorkflowOptions(versioned('AUTO_UPGRADE'), purchase);

async function untilItsEnd(purchase: OpenPurchase): Promise<PurchaseResult> {
  if (isBegunAnew()) await purchase.look();
  if (purchase.isToCharge) await purchase.charge();
  while (purchase.isOpen) {
    await purchase.untilItIsDue();
    if (!purchase.isOpen) break;
    if (purchase.isToClose) await purchase.closeOnRequest();
    else if (purchase.needsNewRun) await goOnInNewRun(purchase);
    else await purchase.settle();
  }
  await purchase.mail();
  await condition(allHandlersFinished);
  return purchase.result;
}

/** A request to cancel was refused: the same purchase continues, and can take the next one. */
async function goOnInNewRun(purchase: OpenPurchase): Promise<void> {
  await condition(allHandlersFinished);
  if (purchase.isOpen) await continueAsNew<PurchaseWorkflow>(purchase.nextRun());
}
