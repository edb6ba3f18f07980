/** `client.purchases` */

import type { PackageList, PurchaseRequest, TopUpPut } from '../contracts/purchase.schema.ts';
import type { Purchase, TopUp } from '../contracts/purchase.ts';
import type { RefundRequest } from '../contracts/refund.schema.ts';
import type { Refund } from '../contracts/refund.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import type { Page, PageQuery } from './page.ts';

export class Purchases {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** What can be bought. */
  packages(options?: CallOptions): Promise<PackageList> {
    return this.#call({ method: 'GET', path: '/v1/credits/packages' }, options);
  }

  /** Begins a purchase; send the buyer to `checkout.url`. */
  create(purchase: PurchaseRequest, { idempotencyKey, ...options }: WriteOptions = {}): Promise<Purchase> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: '/v1/credits/purchases', body: purchase, key }, options);
  }

  /**
   * Refunds a purchase, all that is left of it or the `amount`. Rejects with `already_spent` when that would need credits
   * that are spent, unless `include_spent` says so.
   */
  refund(
    id: string,
    refund: RefundRequest,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<Refund> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/credits/purchases/${encodeURIComponent(id)}/refund`;
    return this.#call({ method: 'POST', path, body: refund, key }, options);
  }

  get(id: string, options?: CallOptions): Promise<Purchase> {
    return this.#call({ method: 'GET', path: `/v1/credits/purchases/${encodeURIComponent(id)}` }, options);
  }

  /** A page of an account's purchases, the latest first. */
  list(accountId: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<Purchase>> {
    return this.#call({ method: 'GET', path: `${account(accountId)}/purchases`, query }, options);
  }

  /** Whether the account tops up by itself. */
  topUp(accountId: string, options?: CallOptions): Promise<TopUp> {
    return this.#call({ method: 'GET', path: `${account(accountId)}/top-up` }, options);
  }

  /** Notes its owner's consent to automatic top-ups. */
  consentToTopUp(accountId: string, consent: TopUpPut, options?: CallOptions): Promise<TopUp> {
    return this.#call({ method: 'PUT', path: `${account(accountId)}/top-up`, body: consent }, options);
  }

  /** Withdraws that consent. */
  withdrawTopUp(accountId: string, options?: CallOptions): Promise<TopUp> {
    return this.#call({ method: 'DELETE', path: `${account(accountId)}/top-up` }, options);
  }
}

function account(id: string): string {
  return `/v1/accounts/${encodeURIComponent(id)}`;
}
