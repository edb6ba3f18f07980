/** Purchases as the server and the provider's messages make them, for tests of the ledger. */

import type { TopUpPut } from '../../src/contracts/purchase.schema.ts';
import type { PaymentNews, Purchase } from '../../src/contracts/purchase.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { newKey, START } from './test-ledger.ts';

let serial = 0;
export function newPurchaseId(): string {
  serial += 1;
  return `pur_test${String(serial).padStart(8, '0')}`;
}

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never;
export type Said = Without<PaymentNews, 'at' | 'purchase_id'> & { at?: string };

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
  const heard = await ledger.hearOfPayment({ at: START, ...said, purchase_id: purchase.id } as PaymentNews);
  if (heard === undefined) throw new Error('There is no such purchase');
  return heard.purchase;
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
