/** `client.programs` */
import type { ProgramReport } from '../contracts/referrals/program-report.ts';
import type { Caller, CallOptions } from './caller.ts';

/** First and last day (UTC), both counted, as in `2026-06-11`. Left out: the last 30 days. */
export type ReportQuery = { from?: string; to?: string };

export class Programs {
  readonly #call: Caller;

  constructor(call: Caller) {
    this.#call = call;
  }

  /** What became of a program's invitations, by day. */
  report(program: string, query: ReportQuery = {}, options?: CallOptions): Promise<ProgramReport> {
    const path = `/v1/programs/${encodeURIComponent(program)}/report`;
    return this.#call({ method: 'GET', path, query }, options);
  }
}
