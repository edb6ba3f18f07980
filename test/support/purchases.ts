/** Purchases as the server and the provider's messages make them, for tests of the ledger. */

import type { TopUpPut } from '../../src/contracts/purchases/purchase.schema.ts';
import type { PaymentNews, Purchase } from '../../src/contracts/purchases/purchase.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { newKey, START } from './test-ledger.ts';

export { usd } from './usd.ts';

let serial = 0;
export function newPurchaseId(): string {
  serial += 1;
  return `pur_test${String(serial).padStart(8, '0')}`;
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;
type SaidPaid = Partial<Without<Extract<PaymentNews, { said: 'paid' }>, 'purchase_id'>> & { said: 'paid' };
/** What is not said of what was paid is as the purchase wants it. */
export type Said =
  | (Without<Exclude<PaymentNews, { said: 'paid' }>, 'at' | 'purchase_id'> & { at?: string })
  | SaidPaid;

export async function buy(
  ledger: Ledger,
  account_id: string,
  name = 'credits-100',
  more: { at?: string; save_card?: boolean } = {},
): Promise<Purchase> {
  const request = { key: newKey('buy'), at: START, id: newPurchaseId(), account_id, package: name, ...more };
  return (await ledger.beginPurchase(request)).value;
}

/** What the provider says of a purchase; answers how the purchase stands then. */
export async function hear(ledger: Ledger, purchase: { id: string }, said: Said): Promise<Purchase> {
  const news = said.said === 'paid' ? await paidFor(ledger, purchase.id, said) : said;
  const heard = await ledger.hearOfPayment({ at: START, ...news, purchase_id: purchase.id } as PaymentNews);
  if (heard === undefined) throw new Error('There is no such purchase');
  return heard.purchase;
}

/** The news that a purchase was paid on its page, which it has from now on, and just as it wants. */
export async function paidFor(
  ledger: Ledger,
  id: string,
  said: SaidPaid,
): Promise<Extract<PaymentNews, { said: 'paid' }>> {
  const { kind, price } = await ledger.findPurchase(id);
  const fits = {
    at: START,
    said: 'paid',
    purchase_id: id,
    amount: price.amount,
    currency: price.currency,
  } as const;
  if (kind === 'top_up') return { ...fits, ...said };
  const page = { id: `cs_test_${id}`, url: `https://pay.example/${id}` };
  const { checkout } = await ledger.noteCheckout(id, page, said.at ?? START);
  return { ...fits, checkout_id: checkout?.id, ...said };
}

/** Bought and paid. */
export async function bought(
  ledger: Ledger,
  account_id: string,
  name = 'credits-100',
  more: { at?: string; save_card?: boolean } = {},
): Promise<Purchase> {
  const purchase = await buy(ledger, account_id, name, more);
  const paid = { said: 'paid', payment_id: `pi_${purchase.id}`, customer_id: `cus_${account_id}` } as const;
  return await hear(ledger, purchase, { ...paid, at: more.at ?? START });
}

export const CONSENT: TopUpPut = {
  package: 'credits-100',
  below: '20',
  monthly_cap: { amount: 800, currency: 'usd' },
  consent: true,
};
