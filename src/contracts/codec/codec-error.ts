/** What goes wrong between `boonCodec` and Boon's codec endpoint. */

/**
 * - `unauthorized`: Boon does not know the API key.
 * - `forbidden`: the key lacks the scope `payloads:decode`.
 * - `not_found`: there is no codec endpoint at this address.
 * - `unreachable`: no answer came, or the server was overloaded or at fault, after every attempt.
 * - `timeout`: no attempt was answered in time.
 * - `too_large`: one payload is more than the endpoint takes.
 * - `unreadable`: Boon has no key for a payload, or it was changed.
 * - `unexpected_answer`: what answered is not Boon's codec endpoint, or refused the call for another reason.
 */
export type CodecFault =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'unreadable'
  | 'unexpected_answer';

/** `encode`: before something goes to Temporal; `decode`: when its answer is read. */
export type CodecDirection = 'encode' | 'decode';

/** The same in every copy of this package, whatever loaded it. */
const BRAND = Symbol.for('boon.BoonCodecError');

/**
 * Why `boonCodec` gave up. After a fault of `encode` nothing was sent to Temporal. After one of `decode` Temporal has done
 * what it was asked: ask again, an update with the same `updateId`, and its answer is read then.
 *
 * Temporal's client hands it on as it is, or as the `cause` of a `ServiceError`: {@link codecErrorOf} finds it.
 */
export class BoonCodecError extends Error {
  override readonly name = 'BoonCodecError';
  readonly fault: CodecFault;
  readonly direction: CodecDirection;
  /** HTTP status; 0 when no answer came or when the answer was a success that did not help. */
  readonly status: number;

  constructor(
    direction: CodecDirection,
    fault: CodecFault,
    detail: string,
    { status = 0, cause }: { status?: number; cause?: unknown } = {},
  ) {
    super(`${OUTCOME[direction]} ${detail}`, cause === undefined ? undefined : { cause });
    this.fault = fault;
    this.direction = direction;
    this.status = status;
  }
}
Object.defineProperty(BoonCodecError.prototype, BRAND, { value: true });

/** Causes may go round in a circle. */
const DEEPEST_CAUSE = 16;

const OUTCOME = {
  encode: 'Nothing was sent to Temporal, because Boon did not encrypt it.',
  decode: 'Temporal has answered, but Boon did not decrypt the answer; what was asked for may be done.',
} as const satisfies Record<CodecDirection, string>;

/** Whether something thrown is an error of `boonCodec`, of whichever copy of this package. */
export function isBoonCodecError(error: unknown): error is BoonCodecError {
  return typeof error === 'object' && error !== null && BRAND in error;
}

/** The codec's error behind something that Temporal's client threw: that itself, or the first among its causes. */
export function codecErrorOf(error: unknown): BoonCodecError | undefined {
  let found = error;
  for (let depth = 0; depth < DEEPEST_CAUSE && typeof found === 'object' && found !== null; depth += 1) {
    if (isBoonCodecError(found)) return found;
    found = (found as { cause?: unknown }).cause;
  }
  return undefined;
}
