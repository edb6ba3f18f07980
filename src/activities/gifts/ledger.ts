/** The ledger as the gift workflow sees it: short, idempotent steps, run as local activities. */
import {
  type Gift,
  type GiftActionRequest,
  type GiftRequest,
  type GiftStanding,
  standingOf,
} from '../../contracts/gifts/gift.ts';
import type { GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { failing } from '../failure.ts';

/** A request that reached Temporal first, with its gift's id, ledger key and time. */
export type GiftAcceptance = GiftRequest & { key: string; id: GiftId; at: Instant };

export type LedgerActivities = ReturnType<typeof ledgerActivities>;

/** Refusals are ApplicationFailures whose type is the code; a lost database is retried. */
export function ledgerActivities(ledger: Ledger) {
  return {
    /** Screens, holds the credits and writes the gift; under a known key, the gift as it stands now. */
    acceptGift: (request: GiftAcceptance): Promise<Gift> =>
      failing(async () => {
        const { key, id, at, from, to, amount, funding = 'transfer', message = null } = request;
        const asked = { key, id, at, from, to: { account_id: to }, amount, funding, message };
        const { value, replayed } = await ledger.acceptGift(asked);
        return replayed ? await ledger.findGift(value.id) : value;
      }),

    /** Does what time has brought and answers with the gift's state; small, because it is in every gift's history. */
    advanceGift: (giftId: GiftId, at: Instant): Promise<GiftStanding> =>
      failing(async () => standingOf(await ledger.advanceGift(giftId, at))),

    /** Cancel, claim, hold, release or reject. */
    actOnGift: (request: GiftActionRequest): Promise<{ value: Gift; replayed: boolean }> =>
      failing(() => ledger.actOnGift(request)),

    findGift: (giftId: GiftId): Promise<Gift> => failing(() => ledger.findGift(giftId)),
  };
}
