/** What a buyer does on the page of the demonstration payments that the harness sells by. */
import type { BoonClient } from '../client/boon-client.ts';
import type { Purchase } from '../contracts/purchases/purchase.ts';
import { DEMO_CHECKOUT, type DemoOutcome } from '../payments/demo-payments.ts';

/**
 * Presses a button on a purchase's page. @returns the purchase as it is then
 * @throws Error when it can no longer be paid.
 */
export async function press(
  { url, client }: { url: string; client: BoonClient },
  purchaseId: string,
  outcome: DemoOutcome,
): Promise<Purchase> {
  const { status, checkout } = await client.purchases.get(purchaseId);
  if (checkout === null || status !== 'open')
    throw new Error(`${purchaseId} cannot be paid: it is ${status}`);
  const body = new URLSearchParams({ outcome });
  const page = `${url}${DEMO_CHECKOUT}/${checkout.id}`;
  const answer = await fetch(page, { method: 'POST', body, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`The page of ${purchaseId} answered ${answer.status}`);
  return await client.purchases.get(purchaseId);
}
