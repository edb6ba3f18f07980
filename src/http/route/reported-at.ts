/** The moment at which something happened, as a caller's clock says. */
import { BoonError } from '../../contracts/errors.ts';

/** How far ahead of ours a caller's clock may be. */
const CLOCKS_APART_MILLISECONDS = 5 * 60_000;

/** Checks the `at` of a request, in epoch milliseconds. @throws BoonError when it lies in the future by any clock */
export function refuseFuture(at: number, now: number): void {
  if (at <= now + CLOCKS_APART_MILLISECONDS) return;
  const message = 'must not lie in the future';
  throw new BoonError('validation_failed', `at: ${message}.`, { errors: [{ path: 'at', message }] });
}
