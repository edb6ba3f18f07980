/** The branches of the workflow `billingCycle`, for `record-histories.ts`. No provider is set up there. */
import type { Client } from '@temporalio/client';
import { BILLING_CYCLE_WORKFLOW, billingCycleWorkflowId } from '../src/contracts/billing/invoice.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { billingRuns } from '../src/temporal/billing/billing-runs.ts';

type Parts = { client: Client; ledger: Ledger };
type Recording = { name: string; workflowId: string; runId?: string };

const DAY = 86_400_000;

/** What happens to the billing month, and under which name its history is kept. */
export const BILLING_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'billing-cycle-invoiced': async ({ client, ledger }, id) => {
    const at = new Date(Date.now() - 40 * DAY).toISOString();
    await ledger.putAccount(
      id,
      { plan: 'business', kind: 'organisation', billing: 'invoice', email: 'books@example.com' },
      at,
    );
    await ledger.putAccount(`${id}-member`, { plan: 'business', org_id: id }, at);
    await ledger.use({ account_id: `${id}-member`, product: 'codex', units: '5000', id, at, now: at });
    const { data } = await ledger.unfinishedBillingMonths({ limit: 100 });
    const month = data.find(({ account_id }) => account_id === id);
    if (month === undefined) throw new Error('It was charged');
    // Its timer is real, and short.
    await billingRuns(client, TASK_QUEUE).start({
      ...month,
      ends_at: new Date(Date.now() + 2000).toISOString(),
    });
    return await closed(client, 'billing-cycle-invoiced', billingCycleWorkflowId(id, month.month));
  },
  'billing-cycle-invalid': async ({ client }, id) => {
    const workflowId = billingCycleWorkflowId(id, '2026-03-01');
    await client.workflow.start(BILLING_CYCLE_WORKFLOW, { workflowId, taskQueue: TASK_QUEUE, args: [{}] });
    return await closed(client, 'billing-cycle-invalid', workflowId);
  },
};

async function closed(client: Client, name: string, workflowId: string): Promise<Recording[]> {
  await client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
  return [{ name, workflowId }];
}
