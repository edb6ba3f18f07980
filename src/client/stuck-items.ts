/** `client.stuck` */
import type { StuckDuty, StuckItem } from '../contracts/stuck-item.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type StuckQuery = PageQuery & { what?: StuckDuty };

/** What the schedules could not do. */
export class StuckItems {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** A page of them, the longest stuck first. */
  list(query: StuckQuery = {}, options?: CallOptions): Promise<Page<StuckItem>> {
    return this.#call({ method: 'GET', path: '/v1/stuck', query }, options);
  }

  /** Every one, the longest stuck first, fetched page by page. */
  listAll(query: StuckQuery = {}, options?: CallOptions): AsyncGenerator<StuckItem> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** Has the next run of its schedule try it. */
  retry(id: string, { idempotencyKey, ...options }: WriteOptions = {}): Promise<StuckItem> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/stuck/${encodeURIComponent(id)}/retry`;
    return this.#call({ method: 'POST', path, key }, options);
  }
}
