/** What a call of the client rejects with. */
import { ERRORS, type ErrorCode, isErrorCode } from '../contracts/error-codes.ts';
import type { FieldError, LimitReached } from '../contracts/errors.ts';
import { fixOf } from '../contracts/fixes.ts';

export type BoonApiErrorInit<C extends ErrorCode> = {
  code: C;
  detail: string;
  /** HTTP status; 0 when no answer came. */
  status: number;
  /** The code as it was sent: another than `code` when the server is newer than this client. */
  rawCode?: string | undefined;
  reasonCode?: string | undefined;
  errors?: readonly FieldError[] | undefined;
  limit?: LimitReached | undefined;
  fix?: string | undefined;
  requestId?: string | undefined;
  /** Seconds that the server asked to wait. */
  retryAfter?: number | undefined;
  problem?: Readonly<Record<string, unknown>> | undefined;
  cause?: unknown;
};

/** The same in every copy of this package: ESM beside CommonJS, two versions, another realm. */
const BRAND = Symbol.for('boon.BoonApiError');

/**
 * A refusal or a failure. `code` is from a closed list, so that a `switch` over it is checked to be complete;
 * see {@link AnyBoonApiError}.
 */
export class BoonApiError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'BoonApiError';
  readonly code: C;
  readonly status: number;
  readonly rawCode: string;
  /** The screening rule or state behind the code, where there is one. */
  readonly reasonCode: string | undefined;
  /** For `validation_failed`: each fault by its path. */
  readonly errors: readonly FieldError[];
  /** For `limit_reached`: when and how to continue. */
  readonly limit: LimitReached | undefined;
  /** What a person can do about it. */
  readonly fix: string;
  /** For the operator's log. */
  readonly requestId: string | undefined;
  readonly retryAfter: number | undefined;
  /** The answer as it came, `application/problem+json`; undefined when none came. */
  readonly problem: Readonly<Record<string, unknown>> | undefined;

  constructor(init: BoonApiErrorInit<C>) {
    super(init.detail, { cause: init.cause });
    this.code = init.code;
    this.status = init.status;
    this.rawCode = init.rawCode ?? init.code;
    this.reasonCode = init.reasonCode;
    this.errors = init.errors ?? [];
    this.limit = init.limit;
    this.fix = init.fix ?? fixOf(init.code, init.reasonCode, this.errors.length > 0);
    this.requestId = init.requestId;
    this.retryAfter = init.retryAfter;
    this.problem = init.problem;
  }

  /** Whether the same call, unchanged and with the same key, may succeed later. The client has tried already. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

// Not declared in the class: as a unique symbol it would make the types of two copies differ.
Object.defineProperty(BoonApiError.prototype, BRAND, { value: true });

/** Every error of the client, distinguished by `code`. */
export type AnyBoonApiError = { [C in ErrorCode]: BoonApiError<C> }[ErrorCode];

/** Whether something thrown is an error of this client, of whichever copy of this package. */
export function isBoonApiError(error: unknown): error is AnyBoonApiError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** The error of an answer that is not a success. A code that this client does not know counts as `internal`. */
export function errorOfAnswer(response: Response, body: unknown): BoonApiError {
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const rawCode = text(problem.code);
  return new BoonApiError({
    code: isErrorCode(rawCode) ? rawCode : 'internal',
    rawCode: rawCode ?? 'internal',
    detail: text(problem.detail) ?? `The server answered ${response.status}.`,
    status: response.status,
    reasonCode: text(problem.reason_code),
    errors: Array.isArray(problem.errors) ? (problem.errors as FieldError[]) : undefined,
    limit: rawCode === 'limit_reached' ? limitOf(problem) : undefined,
    fix: text(problem.fix),
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfter: seconds(response.headers.get('retry-after')),
    problem: rawCode === undefined ? undefined : problem,
  });
}

/** The error of a call that got no answer. */
export function errorOfSilence(cause: unknown): BoonApiError<'unavailable'> {
  // Not `instanceof`: in a test runner's realm fetch throws errors of another one.
  const why = (cause as Partial<Error> | undefined)?.message ?? String(cause);
  return new BoonApiError({ code: 'unavailable', detail: `No answer from Boon: ${why}`, status: 0, cause });
}

function limitOf(problem: Record<string, unknown>): LimitReached {
  const { resets_available } = problem;
  const url = text(problem.add_credits_url);
  return {
    next_window_at: text(problem.next_window_at) ?? null,
    resets_available: typeof resets_available === 'number' ? resets_available : 0,
    ...(url === undefined ? {} : { add_credits_url: url }),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function seconds(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
