/** `client.invoices` */
import type { InvoiceWithLines } from '../contracts/invoice.schema.ts';
import type { Invoice } from '../contracts/invoice.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

/** What organisations are invoiced for uses of their members. */
export class Invoices {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** A page of an organisation's invoices, the latest month first. */
  list(organisationId: string, query: PageQuery = {}, options?: CallOptions): Promise<Page<Invoice>> {
    const path = `/v1/accounts/${encodeURIComponent(organisationId)}/invoices`;
    return this.#call({ method: 'GET', path, query }, options);
  }

  /** Every invoice, the latest month first, fetched page by page. */
  listAll(organisationId: string, query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Invoice> {
    return everyRow((page) => this.list(organisationId, page, options), query);
  }

  /** An invoice with its lines, which add up to it. */
  get(id: string, options?: CallOptions): Promise<InvoiceWithLines> {
    return this.#call({ method: 'GET', path: `/v1/invoices/${encodeURIComponent(id)}` }, options);
  }

  /** Notes that the money has come; an operator's word. `reference` tells by what. */
  markPaid(
    id: string,
    reference: string,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<Invoice> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/invoices/${encodeURIComponent(id)}/mark-paid`;
    return this.#call({ method: 'POST', path, body: { reference }, key }, options);
  }
}
