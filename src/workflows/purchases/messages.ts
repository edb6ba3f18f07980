/** What reaches a running purchase: Boon's wakings, and what operators send from the Web UI. */
import { setHandler } from '@temporalio/workflow';
import {
  type CancelPurchase,
  cancelPurchaseUpdate,
  purchaseChangedSignal,
  purchaseStatusQuery,
  refreshPurchaseUpdate,
} from '../../contracts/purchases/purchase-messages.ts';
import { checkArguments } from '../arguments.ts';
import { cancelRequestsAreAnswered, onCancelRequest } from '../cancel-request.ts';
import { shielded } from '../updates.ts';
import type { OpenPurchase } from './state.ts';

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handlePurchaseMessages(purchase: OpenPurchase): void {
  setHandler(purchaseStatusQuery, () => purchase.progress, {
    description: 'What the process knows of its purchase.',
  });
  setHandler(
    cancelPurchaseUpdate,
    () =>
      shielded(async () => {
        await purchase.close();
        purchase.checkCanceled();
        return purchase.progress;
      }),
    {
      description:
        'Cancel: closes the page where it is paid; what has been paid counts. Input: {"reason":"why","by":"your name"}',
      validator: (given?: CancelPurchase) => {
        checkArguments('cancel', '{"reason":"why"}', given, ['reason?', 'by?']);
        purchase.checkCancel();
      },
    },
  );
  setHandler(
    refreshPurchaseUpdate,
    () =>
      shielded(async () => {
        await purchase.look();
        return purchase.progress;
      }),
    { description: 'Looks at the ledger again; answers how the purchase stands. No input.' },
  );
  setHandler(purchaseChangedSignal, (standing) => purchase.hear(standing), {
    description: 'Look at the ledger again. Sent by Boon; what it says is not believed.',
  });
  onCancelRequest(() => {
    if (cancelRequestsAreAnswered()) purchase.askToCancel();
  });
}
