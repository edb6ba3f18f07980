/** `client.programs` */
import type { Program } from '../contracts/referrals/program.schema.ts';
import type { ProgramReport } from '../contracts/referrals/program-report.ts';
import type { Caller, CallOptions } from './caller.ts';
import { everyRow, type Page, type PageQuery } from './page.ts';

/** First and last day (UTC), both counted, as in `2026-06-11`. Left out: the last 30 days. */
export type ReportQuery = { from?: string; to?: string };

export class Programs {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** A page of the programs of the policy in use, by name. */
  list(query: PageQuery = {}, options?: CallOptions): Promise<Page<Program>> {
    return this.#call({ method: 'GET', path: '/v1/programs', query }, options);
  }

  /** Every program, fetched page by page. */
  listAll(query: PageQuery = {}, options?: CallOptions): AsyncGenerator<Program> {
    return everyRow((page) => this.list(page, options), query);
  }

  /** Whether a program is open, and its terms for new invitations. */
  get(program: string, options?: CallOptions): Promise<Program> {
    return this.#call({ method: 'GET', path: `/v1/programs/${encodeURIComponent(program)}` }, options);
  }

  /** What happened to a program's invitations, by day. */
  report(program: string, query: ReportQuery = {}, options?: CallOptions): Promise<ProgramReport> {
    const path = `/v1/programs/${encodeURIComponent(program)}/report`;
    return this.#call({ method: 'GET', path, query }, options);
  }
}
