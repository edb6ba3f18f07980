/** The seam between the HTTP server and Temporal: what the server asks of a gift's process. */

import type { GiftId } from '../../domain/ids.ts';
import type { Workers } from '../workers.ts';
import type { AcceptedGift, Gift, GiftActionRequest } from './gift.ts';

export interface GiftProcess {
  /**
   * Starts `gift/<id>`; starting twice is harmless. Rejects with BoonError `unavailable` when Temporal does not
   * answer: the gift stands in the ledger all the same, and `reconcile` starts it later.
   */
  start(gift: AcceptedGift): Promise<void>;
  /**
   * Sends the action as an update, with the start of the process where it does not run, and returns the gift.
   * Rejects with the BoonError of the refusal, or `unavailable`.
   */
  act(request: GiftActionRequest): Promise<{ value: Gift; replayed: boolean }>;
  /**
   * Has the running ones of these gifts' processes look at the ledger again, where an account was unfrozen. Best
   * effort: `reconcile` catches up with those that are not reached.
   */
  refresh(giftIds: readonly GiftId[]): Promise<void>;
  /** Rejects with `unavailable` when Temporal does not answer. */
  ping(): Promise<void>;
  /** The workers that look for work; undefined where the server does not tell. Rejects with `unavailable`. */
  workers(): Promise<Workers | undefined>;
}

/** What the process must know of a gift, or `undefined` when the gift has ended and needs no process. */
export function acceptedGift(gift: Gift): AcceptedGift | undefined {
  const { id, from, to, by_email, amount, reset_id, funding, settles_at, deadline, status } = gift;
  return deadline === null
    ? undefined
    : {
        id,
        from,
        to,
        by_email,
        amount,
        ...(reset_id === undefined ? {} : { reset_id }),
        funding,
        settles_at,
        deadline,
        status,
      };
}
