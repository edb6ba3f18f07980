/** `client.purchases` */

import type { CaseStatus, PaymentCase } from '../contracts/purchases/payment-case.ts';
import type { PackageList, PurchaseRequest, TopUpPut } from '../contracts/purchases/purchase.schema.ts';
import type { Purchase, TopUp } from '../contracts/purchases/purchase.ts';
import type { CorrectRefunded, RefundRequest } from '../contracts/purchases/refund.schema.ts';
import type { Refund } from '../contracts/purchases/refund.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import type { Page, PageQuery } from './page.ts';

export type CaseQuery = PageQuery & { status?: CaseStatus; account_id?: string };

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

  /** A refund as it stands. */
  getRefund(id: string, options?: CallOptions): Promise<Refund> {
    return this.#call({ method: 'GET', path: `/v1/credits/refunds/${encodeURIComponent(id)}` }, options);
  }

  /** Corrects the total that Boon believes the provider has given back of a purchase. */
  correctRefunded(
    id: string,
    correction: CorrectRefunded,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<Purchase> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/credits/purchases/${encodeURIComponent(id)}/correct-refunded`;
    return this.#call({ method: 'POST', path, body: correction, key }, options);
  }

  /** A page of payments that do not match what they name, the latest first. */
  cases(query: CaseQuery = {}, options?: CallOptions): Promise<Page<PaymentCase>> {
    return this.#call({ method: 'GET', path: '/v1/credits/cases', query }, options);
  }

  case(id: string, options?: CallOptions): Promise<PaymentCase> {
    return this.#call({ method: 'GET', path: `/v1/credits/cases/${encodeURIComponent(id)}` }, options);
  }

  /** Closes a case, with what was decided. Rejects with `case_closed` where that was done before. */
  closeCase(
    id: string,
    reason: string,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<PaymentCase> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/credits/cases/${encodeURIComponent(id)}/close`;
    return this.#call({ method: 'POST', path, body: { reason }, key }, options);
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

  /** Records its owner's consent to automatic top-ups. */
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
