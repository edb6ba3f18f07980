/** A refusal as it travels through Boon. The codes are in `error-codes.ts`. */
import type { Instant } from '../domain/instant.ts';
import { ERRORS, type ErrorCode } from './error-codes.ts';
import { fixOf } from './fixes.ts';

/** What a person needs to go on after `limit_reached`. */
export type LimitReached = {
  /** When the plan has room for this use again (RFC 3339); null where no window that is open stands in the way. */
  next_window_at: Instant | null;
  /** Banked resets that would make room now. */
  resets_available: number;
  add_credits_url?: string;
};

/** One fault in a request: where (a path like `to.account_id`) and what. */
export type FieldError = { path: string; message: string };

/**
 * A refusal with its code. Thrown by the ledger, the activities and the HTTP server; workflows turn it into an
 * ApplicationFailure whose type is the code.
 */
export class BoonError extends Error {
  override readonly name = 'BoonError';
  readonly code: ErrorCode;
  /** The screening rule or state behind the code, where there is one (`velocity`, `account_too_new` …). */
  readonly reasonCode: string | undefined;
  readonly errors: readonly FieldError[] | undefined;
  /** With `limit_reached`. */
  readonly limit: LimitReached | undefined;
  /** What a person can do in this case, where the code's own advice is too general. */
  readonly fix: string;
  /** The refusal is the recorded answer to an earlier call with the same key. */
  readonly replayed: boolean;

  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      reasonCode?: string | undefined;
      errors?: readonly FieldError[] | undefined;
      limit?: LimitReached | undefined;
      fix?: string | undefined;
      replayed?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.reasonCode = more.reasonCode;
    this.errors = more.errors;
    this.limit = more.limit;
    this.fix = more.fix ?? fixOf(code, more.reasonCode, (more.errors?.length ?? 0) > 0);
    this.replayed = more.replayed ?? false;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}
