/** What reaches a billing month's process: what operators send from the Web UI. */
import { setHandler } from '@temporalio/workflow';
import { billingStatusQuery, refreshBillingUpdate } from '../../contracts/billing/billing-messages.ts';
import { onCancelRequest } from '../cancel-request.ts';
import { shielded } from '../updates.ts';
import type { OpenBillingMonth } from './state.ts';

/** Registers every handler, in the order the Web UI offers them; called before the workflow's first await. */
export function handleBillingMessages(month: OpenBillingMonth): void {
  setHandler(billingStatusQuery, () => month.progress, {
    description: 'What the process knows of its billing month.',
  });
  setHandler(
    refreshBillingUpdate,
    () =>
      shielded(async () => {
        await month.look();
        return month.progress;
      }),
    { description: 'Reads the ledger: what was charged so far, or the invoice. No input.' },
  );
  onCancelRequest(() => month.refuseToCancel());
}
