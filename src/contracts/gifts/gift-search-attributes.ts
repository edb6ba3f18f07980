/** How a gift is found in Temporal. */
import type { GiftStatus } from '../../domain/gift-status.ts';
import type { FoundBy } from '../search-attributes.ts';
import type { GiftProgress } from './gift.ts';

/**
 * A running gift is pending and a completed one settled; only these are told by `BoonStatus`, so that a gift
 * without incident costs no change of its search attributes.
 */
const EXCEPTIONAL: readonly GiftStatus[] = ['held', 'canceled', 'expired', 'rejected', 'reversed'];

/** By its sender and, once there is one, its recipient, as it stands. */
export function giftFoundBy(gift: Pick<GiftProgress, 'from' | 'to' | 'amount' | 'status'>): FoundBy {
  const { from, to, amount, status } = gift;
  return {
    accounts: to == null ? [from] : [from, to],
    credits: amount,
    program: 'gift',
    status: EXCEPTIONAL.includes(status) ? status : null,
  };
}
