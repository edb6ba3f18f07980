/** The branches of the workflow `refund`, for `record-histories.ts`: on a task queue of their own, with a provider. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Payments } from '../src/contracts/purchases/payments.ts';
import { REFUND_WORKFLOW, refundWorkflowId } from '../src/contracts/purchases/refund.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { createRefundProcess } from '../src/temporal/purchases/refund-process.ts';

type Parts = { client: Client; ledger: Ledger };
type Recording = { name: string; workflowId: string; runId?: string };

export const REFUND_QUEUE = 'boon-refunds';

/** What the provider says of each. */
const SAID = { 'refund-refused': 'failed', 'refund-waited-for': 'pending' } as const;
export const REFUND_PAYMENTS = {
  refund: async ({ id }, _payment, at) => {
    const status = (SAID as Record<string, 'failed' | 'pending'>)[id] ?? 'succeeded';
    return { at, refund_id: id, status, ...(status === 'failed' ? {} : { provider_id: `re_${id}` }) };
  },
} as Payments;

/** What happens to the refund, and under which name its history is kept. */
export const REFUND_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'refund-succeeded': async (parts, id) => {
    await ask(parts, id);
    return await closed(parts, id);
  },
  'refund-refused': async (parts, id) => {
    await ask(parts, id);
    return await closed(parts, id);
  },
  'refund-waited-for': async (parts, id) => {
    await ask(parts, id);
    const handle = parts.client.workflow.getHandle(refundWorkflowId(id));
    const { events } = await handle.fetchHistory();
    for (let seen = events; !seen?.some((event) => event.timerStartedEventAttributes); ) {
      await sleep(50);
      seen = (await handle.fetchHistory()).events;
    }
    await handle.cancel();
    const heard = await parts.ledger.hearOfRefund({
      at: now(),
      refund_id: id,
      status: 'succeeded',
      provider_id: `re_${id}`,
    });
    if (heard?.refund != null) await process(parts).changed(heard.refund);
    return await closed(parts, id);
  },
  'refund-invalid': async (parts, id) => {
    const options = { workflowId: refundWorkflowId(id), taskQueue: REFUND_QUEUE, args: [{}] };
    await parts.client.workflow.start(REFUND_WORKFLOW, options);
    return await closed(parts, id);
  },
};

function process({ client }: Parts) {
  return createRefundProcess({ client, taskQueue: REFUND_QUEUE, patience: 30_000 });
}

async function ask(parts: Parts, id: string): Promise<void> {
  const { ledger } = parts;
  const account_id = `ada-${id}`;
  const purchase_id = `purchase-${id}`;
  const asked = { key: `buy:${id}`, at: now(), id: purchase_id, account_id, package: 'credits-100' };
  await ledger.beginPurchase(asked);
  const page = { id: `cs_${id}`, url: 'https://pay.example' };
  const { price } = await ledger.noteCheckout(purchase_id, page, now());
  const paid = { said: 'paid', purchase_id, payment_id: `pi_${id}`, checkout_id: page.id } as const;
  await ledger.hearOfPayment({ at: now(), ...price, ...paid });
  const by = { asked_by: 'mia', reason: 'bought twice' };
  const { value } = await ledger.beginRefund({ key: `refund:${id}`, at: now(), id, purchase_id, ...by });
  await process(parts).start(value);
}

async function closed({ client }: Parts, id: string): Promise<Recording[]> {
  const workflowId = refundWorkflowId(id);
  while ((await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING') await sleep(50);
  return [{ name: id, workflowId }];
}

function now(): string {
  return new Date().toISOString();
}
