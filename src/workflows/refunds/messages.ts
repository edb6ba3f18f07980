/** What reaches a running refund: Boon's wakings, and what operators send from the Web UI. */
import { setHandler } from '@temporalio/workflow';
import {
  askRefundUpdate,
  refreshRefundUpdate,
  refundChangedSignal,
  refundStatusQuery,
} from '../../contracts/purchases/refund-messages.ts';
import { cancelRequestsAreAnswered, onCancelRequest } from '../cancel-request.ts';
import { shielded } from '../updates.ts';
import type { OpenRefund } from './state.ts';

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handleRefundMessages(refund: OpenRefund): void {
  setHandler(refundStatusQuery, () => refund.progress, {
    description: 'What the process knows of its refund.',
  });
  setHandler(askRefundUpdate, () => answered(refund, () => refund.ask()), {
    description: 'Asks the provider now how far the money is, not tomorrow. No input.',
    validator: () => refund.checkPending(),
  });
  setHandler(refreshRefundUpdate, () => answered(refund, () => refund.look()), {
    description: 'Looks at the ledger again; answers how the refund stands. No input.',
  });
  setHandler(refundChangedSignal, (standing) => refund.hear(standing), {
    description: 'Look at the ledger again. Sent by Boon; what it says is not believed.',
  });
  onCancelRequest(() => {
    if (cancelRequestsAreAnswered()) refund.refuseToCancel();
  });
}

function answered(refund: OpenRefund, work: () => Promise<void>) {
  return shielded(async () => {
    await work();
    return refund.progress;
  });
}
