/** `client.resets` */
import type {
  GrantedResets,
  RedeemBody,
  Redemption,
  Reset,
  ResetGrantBody,
} from '../contracts/resets/reset.schema.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

/** Left out, `request_id` is a random one: give your own when the redemption must survive a restart of yours. */
export type RedeemRequest = Omit<RedeemBody, 'request_id'> & { request_id?: string };

export class Resets {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** A page of the account's banked resets: those that can be redeemed first, the soonest to expire before the others. */
  list(accountId: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<Reset>> {
    return this.#call({ method: 'GET', path: path(accountId), query }, options);
  }

  /** Every reset, fetched page by page. */
  listAll(accountId: string, query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Reset> {
    return everyRow((page) => this.list(accountId, page, options), query);
  }

  /**
   * Redeems a reset, once for each request id: both windows are full again. The outcome says what happened; where
   * nothing is used, or no reset is there, nothing is spent.
   */
  redeem(accountId: string, request: RedeemRequest = {}, options?: CallOptions): Promise<Redemption> {
    const body = { request_id: crypto.randomUUID(), ...request };
    // The request id makes asking again safe, as a key does; the server needs no header for it.
    return this.#call({ method: 'POST', path: `${path(accountId)}/redeem`, body }, options);
  }

  /** Shows what {@link redeem} would do, and does nothing. */
  preview(accountId: string, request: RedeemRequest = {}, options?: CallOptions): Promise<Redemption> {
    return this.redeem(accountId, { ...request, dry_run: true }, options);
  }

  /** Banks resets for an account; answers with them. */
  grant(grant: ResetGrantBody, { idempotencyKey, ...options }: WriteOptions = {}): Promise<GrantedResets> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: '/v1/resets/grants', body: grant, key }, options);
  }
}

function path(accountId: string): string {
  return `/v1/accounts/${encodeURIComponent(accountId)}/resets`;
}
