/** How a gift is found in Temporal: its search attributes, set at the start and changed only where they differ. */
import { type SearchAttributePair, TypedSearchAttributes } from '@temporalio/common';
import type { GiftStatus } from '../../domain/gift-status.ts';
import { BOON_ACCOUNT, BOON_CREDITS, BOON_PROGRAM, BOON_STATUS } from '../search-attribute-keys.ts';
import type { GiftProgress } from './gift.ts';

export { BOON_ACCOUNT, BOON_CREDITS, BOON_PROGRAM, BOON_STATUS };

/** The value of `BoonProgram` on every gift. */
const GIFTS = 'gift';

/**
 * A running gift is pending and a completed one settled; only these are told by `BoonStatus`, so that a gift
 * without incident costs no change of its search attributes.
 */
const EXCEPTIONAL: readonly GiftStatus[] = ['held', 'canceled', 'expired', 'rejected', 'reversed'];

type Searched = Pick<GiftProgress, 'from' | 'to' | 'amount' | 'status'>;

/** The search attributes of a gift as it stands. `BoonCredits` is a float for searching only. */
export function giftSearchAttributes(gift: Searched): TypedSearchAttributes {
  const status = exceptionalStatus(gift);
  const pairs: SearchAttributePair[] = [
    { key: BOON_ACCOUNT, value: accountsOf(gift) },
    { key: BOON_CREDITS, value: Number(gift.amount) },
    { key: BOON_PROGRAM, value: GIFTS },
  ];
  if (status !== null) pairs.push({ key: BOON_STATUS, value: status });
  return new TypedSearchAttributes(pairs);
}

/** Sender and, once there is one, recipient. */
function accountsOf(gift: Searched): string[] {
  return gift.to == null ? [gift.from] : [gift.from, gift.to];
}

/** What `BoonStatus` tells of a gift, or null. */
export function exceptionalStatus(gift: Searched): GiftStatus | null {
  return EXCEPTIONAL.includes(gift.status) ? gift.status : null;
}
