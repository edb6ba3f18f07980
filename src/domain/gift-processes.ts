/** Which gifts have a Temporal workflow from the start. */
import type { GiftStatus } from './gift-status.ts';

/**
 * `each`: every gift. `batched`: those that something may happen to, by e-mail or on hold; the quiet ones are settled together,
 * and one gets its workflow when somebody acts on it.
 */
export const GIFT_PROCESSES = ['each', 'batched'] as const;
export type GiftProcesses = (typeof GIFT_PROCESSES)[number];

/** Whether nothing but its settlement is to come, if nobody acts on it: it is pending, and went to an account. */
function isQuiet({ status, by_email }: { status: GiftStatus; by_email: boolean }): boolean {
  return status === 'pending' && !by_email;
}

/** Whether the gift is to have a workflow though nobody has acted on it. */
export function hasProcess(
  processes: GiftProcesses,
  gift: { status: GiftStatus; by_email: boolean },
): boolean {
  return processes === 'each' || !isQuiet(gift);
}
