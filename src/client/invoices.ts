/** `client.invoices` */
import type { InvoiceWithLines } from '../contracts/billing/invoice.schema.ts';
import type { Invoice, InvoiceCorrection } from '../contracts/billing/invoice.ts';
import type { Money } from '../contracts/money.schema.ts';
import type { Caller, CallOptions, WriteOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

export type InvoiceSearchQuery = PageQuery & {
  status?: Invoice['status'];
  /** Billing months that began in this month, `2026-11` say. */
  month?: string;
};

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

  /** A page of the invoices of all organisations, the latest month first. For operators. */
  search(query: InvoiceSearchQuery = {}, options?: CallOptions): Promise<Page<Invoice>> {
    return this.#call({ method: 'GET', path: '/v1/invoices', query }, options);
  }

  /** All of them, fetched page by page. */
  searchAll(query: InvoiceSearchQuery = {}, options?: CallOptions): AsyncGenerator<Invoice> {
    return everyRow((page) => this.search(page, options), query);
  }

  /** An invoice with its lines, which add up to it, and its corrections. */
  get(id: string, options?: CallOptions): Promise<InvoiceWithLines> {
    return this.#call({ method: 'GET', path: `/v1/invoices/${encodeURIComponent(id)}` }, options);
  }

  /** Voids an open invoice: nothing of it is owed any longer. For operators. */
  void(id: string, reason: string, options?: WriteOptions): Promise<Invoice> {
    return this.#write(id, 'void', { reason }, options);
  }

  /**
   * Credits a part of an open invoice. For operators. `amount` is in its currency, as its total
   * is. One that is credited in whole is closed by it.
   */
  credit(id: string, amount: Money, reason: string, options?: WriteOptions): Promise<InvoiceCorrection> {
    return this.#write(id, 'credit-notes', { amount, reason }, options);
  }

  /** Records that the money has arrived. For operators. `reference` says how. */
  markPaid(id: string, reference: string, options?: WriteOptions): Promise<Invoice> {
    return this.#write(id, 'mark-paid', { reference }, options);
  }

  #write<T>(
    id: string,
    action: string,
    body: object,
    { idempotencyKey, ...options }: WriteOptions = {},
  ): Promise<T> {
    const key = idempotencyKey ?? crypto.randomUUID();
    const path = `/v1/invoices/${encodeURIComponent(id)}/${action}`;
    return this.#call({ method: 'POST', path, body, key }, options);
  }
}
