/** `client.transfers`: gifts of credits. */
import type { Transfer, TransferRequest } from '../contracts/gifts/transfer.schema.ts';
import type { GiftAction, GiftStatus } from '../domain/gift-status.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type TransferListQuery = PageQuery & {
  account_id: string;
  /** Default: both. */
  direction?: 'sent' | 'received' | 'sent,received';
  status?: GiftStatus;
};

export class Transfers {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Gives credits to an account or an e-mail address. They settle after the policy's time, 24 hours as shipped. */
  create(transfer: TransferRequest, options: WriteOptions = {}): Promise<Transfer> {
    return this.#post('/v1/transfers', transfer, options);
  }

  get(id: string, options?: CallOptions): Promise<Transfer> {
    return this.#call({ method: 'GET', path: path(id) }, options);
  }

  /** A page of the gifts that an account sent or received, the latest first. */
  list(query: TransferListQuery, options?: CallOptions): Promise<Page<Transfer>> {
    return this.#call({ method: 'GET', path: '/v1/transfers', query }, options);
  }

  /** Every such gift, fetched page by page. */
  listAll(query: TransferListQuery, options?: CallOptions): AsyncGenerator<Transfer> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** Takes a gift back before it settles. */
  cancel(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<Transfer> {
    return this.#act(id, 'cancel', body, options);
  }

  /** Claims a gift by e-mail with the token of its link. */
  claim(
    id: string,
    body: { token: string; account_id: string },
    options: WriteOptions = {},
  ): Promise<Transfer> {
    return this.#act(id, 'claim', body, options);
  }

  /** Stops a gift's clock while it is reviewed. For operators. */
  hold(id: string, body: { reason: string }, options: WriteOptions = {}): Promise<Transfer> {
    return this.#act(id, 'hold', body, options);
  }

  /** Lets a held gift's clock continue. For operators. */
  release(id: string, body: { reason?: string } = {}, options: WriteOptions = {}): Promise<Transfer> {
    return this.#act(id, 'release', body, options);
  }

  /** Ends a gift: the credits go back to the sender. For operators. */
  reject(id: string, body: { reason: string }, options: WriteOptions = {}): Promise<Transfer> {
    return this.#act(id, 'reject', body, options);
  }

  /** Takes back what is left of a settled gift. For operators. */
  reverse(id: string, body: { reason: string }, options: WriteOptions = {}): Promise<Transfer> {
    return this.#act(id, 'reverse', body, options);
  }

  #act(id: string, action: GiftAction, body: unknown, options: WriteOptions): Promise<Transfer> {
    return this.#post(`${path(id)}/${action}`, body, options);
  }

  #post(target: string, body: unknown, { idempotencyKey, ...options }: WriteOptions): Promise<Transfer> {
    return this.#call(
      { method: 'POST', path: target, body, key: idempotencyKey ?? crypto.randomUUID() },
      options,
    );
  }
}

function path(id: string): string {
  return `/v1/transfers/${encodeURIComponent(id)}`;
}
