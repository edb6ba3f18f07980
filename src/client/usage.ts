/** `client.usage` */
import type { Charge, Usage as Charged, Pool, UsageBody } from '../contracts/usage/usage.schema.ts';
import type { Caller, CallOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

/** Left out, `id` is a random one: give your own when the charge must survive a restart of yours. */
export type UsageRequest = Omit<UsageBody, 'id'> & { id?: string };

export class Usage {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /**
   * Charges a use, once for each id of an account: to the plan, then to credits. Rejects with `limit_reached` when they
   * do not cover it; `limit` of that error says when they will, and what helps now.
   */
  record(request: UsageRequest, options?: CallOptions): Promise<Charged> {
    const body = { id: crypto.randomUUID(), ...request };
    // The id makes asking again safe, as a key does; the server needs no header for it.
    return this.#call({ method: 'POST', path: '/v1/usage', body }, options);
  }

  /** A page of an account's uses, the latest reported first, each with what paid for it. */
  list(accountId: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<Charge>> {
    return this.#call({ method: 'GET', path: `${path(accountId)}/usage`, query }, options);
  }

  /** Every use, the latest reported first, fetched page by page. */
  listAll(accountId: string, query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Charge> {
    return everyRow((page) => this.list(accountId, page, options), query);
  }

  /** What an organisation's members used of its credits this month, and the month's invoice so far. */
  pool(organisationId: string, options?: CallOptions): Promise<Pool> {
    return this.#call({ method: 'GET', path: `${path(organisationId)}/pool` }, options);
  }
}

function path(accountId: string): string {
  return `/v1/accounts/${encodeURIComponent(accountId)}`;
}
