/** `client.grants` */
import type { Grant, GrantBody } from '../contracts/accounts/holding.schema.ts';
import type { LotSource } from '../domain/lot.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type GrantListQuery = PageQuery & { account_id: string; source?: LotSource };

const PATH = '/v1/credits/grants';

export class Grants {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** Grants credits to an account; answers with the new lot. */
  create(grant: GrantBody, { idempotencyKey, ...options }: WriteOptions = {}): Promise<Grant> {
    const key = idempotencyKey ?? crypto.randomUUID();
    return this.#call({ method: 'POST', path: PATH, body: grant, key }, options);
  }

  /** A page of what an account was granted, the latest first. */
  list(query: GrantListQuery, options?: CallOptions): Promise<Page<Grant>> {
    return this.#call({ method: 'GET', path: PATH, query }, options);
  }

  /** All of it, fetched page by page. */
  listAll(query: GrantListQuery, options?: CallOptions): AsyncGenerator<Grant> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** What was granted, and what is left of it. */
  get(id: string, options?: CallOptions): Promise<Grant> {
    return this.#call({ method: 'GET', path: `${PATH}/${encodeURIComponent(id)}` }, options);
  }
}
