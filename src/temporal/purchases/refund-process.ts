/** Refunds' processes on Temporal: what the HTTP server asks of them. */
import type { Client } from '@temporalio/client';
import { refundWorkflowId } from '../../contracts/purchases/refund.ts';
import { refundChangedSignal } from '../../contracts/purchases/refund-messages.ts';
import type { RefundProcess } from '../../contracts/purchases/refund-process.ts';
import { answeredWithin, type OnMissed, PATIENCE, signalled } from '../patience.ts';
import { startProcess } from '../start-process.ts';
import { refundStart } from './refund-start.ts';

type RefundProcessOptions = {
  client: Client;
  taskQueue: string;
  /** How long a caller waits for Temporal, in milliseconds. Default: 2,000. */
  patience?: number;
  /** Called when a signal failed; the process asks the provider again by itself. */
  onMissed?: OnMissed;
};

export function createRefundProcess(options: RefundProcessOptions): RefundProcess {
  const { client, taskQueue, patience = PATIENCE, onMissed } = options;
  return {
    async start(refund) {
      await answeredWithin(client, patience, () => startProcess(client, taskQueue, refundStart(refund)));
    },

    async changed(refund) {
      const workflowId = refundWorkflowId(refund.id);
      const { status, reason_code } = refund;
      await signalled(client, { workflowId, patience, onMissed }, () =>
        client.workflow.getHandle(workflowId).signal(refundChangedSignal, { status, reason_code }),
      );
    },
  };
}
