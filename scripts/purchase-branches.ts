/** The branches of the workflow `purchase`, for `record-histories.ts`. No provider is set up there. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { PURCHASE_WORKFLOW, purchaseWorkflowId } from '../src/contracts/purchases/purchase.ts';
import { TASK_QUEUE } from '../src/contracts/temporal.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import { createPurchaseProcess } from '../src/temporal/purchases/purchase-process.ts';

type Parts = { client: Client; ledger: Ledger };
type Recording = { name: string; workflowId: string; runId?: string };

const DAY = 86_400_000;
const CONSENT = { package: 'credits-100', below: '1000', consent: true } as const;

/** What happens to the purchase, and under which name its history is kept. */
export const PURCHASE_BRANCHES: Record<string, (parts: Parts, id: string) => Promise<Recording[]>> = {
  'purchase-paid': async (parts, id) => {
    await buy(parts, id);
    await pay(parts, id);
    return await closed(parts, id);
  },
  'purchase-expired': async (parts, id) => {
    await buy(parts, id, Date.now() - DAY - 1000);
    return await closed(parts, id);
  },
  'purchase-top-up-not-paid': async (parts, id) => {
    await buy(parts, `${id}-card`, Date.now(), true);
    await pay(parts, `${id}-card`);
    const account = `ada-${id}`;
    const cap = { monthly_cap: { amount: 1000, currency: 'usd' } };
    await parts.ledger.putTopUp(account, { ...CONSENT, ...cap }, 'mia', now());
    const topUp = await parts.ledger.beginTopUp(account, id, now());
    if (topUp === undefined) throw new Error('It was due');
    await process(parts).start(topUp);
    return await closed(parts, id);
  },
  'purchase-invalid': async (parts, id) => {
    const workflowId = purchaseWorkflowId(id);
    const options = { workflowId, taskQueue: TASK_QUEUE, args: [{}] };
    await parts.client.workflow.start(PURCHASE_WORKFLOW, options);
    return await closed(parts, id);
  },
};

function process({ client }: Parts) {
  return createPurchaseProcess({ client, taskQueue: TASK_QUEUE });
}

async function buy(parts: Parts, id: string, at = Date.now(), save_card = false): Promise<void> {
  const account_id = `ada-${id.replace(/-card$/, '')}`;
  const request = {
    key: `buy:${id}`,
    at: new Date(at).toISOString(),
    id,
    account_id,
    package: 'credits-100',
  };
  const { value } = await parts.ledger.beginPurchase({ ...request, save_card });
  await process(parts).start(value);
}

async function pay(parts: Parts, id: string): Promise<void> {
  const page = { id: `cs_${id}`, url: 'https://pay.example' };
  const { price } = await parts.ledger.noteCheckout(id, page, now());
  const paid = { said: 'paid', purchase_id: id, payment_id: `pi_${id}`, customer_id: 'cus_1' } as const;
  const heard = await parts.ledger.hearOfPayment({ at: now(), checkout_id: page.id, ...price, ...paid });
  if (heard !== undefined) await process(parts).changed(heard.purchase);
}

async function closed({ client }: Parts, id: string): Promise<Recording[]> {
  const workflowId = purchaseWorkflowId(id);
  while ((await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING') await sleep(50);
  return [{ name: id, workflowId }];
}

function now(): string {
  return new Date().toISOString();
}
