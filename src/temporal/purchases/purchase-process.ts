/** Purchases' processes on Temporal: what the HTTP server asks of them. */
import type { Client } from '@temporalio/client';
import { purchaseWorkflowId } from '../../contracts/purchases/purchase.ts';
import { purchaseChangedSignal } from '../../contracts/purchases/purchase-messages.ts';
import type { PurchaseProcess } from '../../contracts/purchases/purchase-process.ts';
import { answeredWithin, type OnMissed, PATIENCE, signalled } from '../patience.ts';
import { startProcess } from '../start-process.ts';
import { purchaseStart } from './purchase-start.ts';

type PurchaseProcessOptions = {
  client: Client;
  taskQueue: string;
  /** Called when a signal failed; the process asks the provider at its deadline. */
  onMissed?: OnMissed;
};

export function createPurchaseProcess(options: PurchaseProcessOptions): PurchaseProcess {
  const { client, taskQueue, onMissed } = options;
  return {
    async start(purchase) {
      await answeredWithin(client, PATIENCE, () => startProcess(client, taskQueue, purchaseStart(purchase)));
    },

    async changed(purchase, opened) {
      const workflowId = purchaseWorkflowId(purchase.id);
      const { status, reason_code } = purchase;
      const standing = {
        status,
        reason_code,
        ...(opened === undefined ? {} : { case: { id: opened.id, reason_code: opened.reason_code } }),
      };
      await signalled(client, { workflowId, onMissed }, () =>
        client.workflow.getHandle(workflowId).signal(purchaseChangedSignal, standing),
      );
    },
  };
}
