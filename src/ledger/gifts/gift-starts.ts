/** Which gifts' processes were started: noted by who starts them, read by `reconcile`. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedGift, Gift } from '../../contracts/gifts/gift.ts';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import type { GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { toGift } from '../postgres/rows.ts';

/** No method reads a clock. */
export interface GiftStarts {
  /** Notes that these gifts' processes run, soon, together with what others note meanwhile. */
  noteGiftStarts(giftIds: readonly GiftId[], at: Instant): Promise<void>;
  /** Forgets what was noted before `before`: gifts of that time are not asked for any more. */
  forgetGiftStarts(before: Instant): Promise<void>;
  /** Those of the gifts that are open. */
  openGiftsOf(giftIds: readonly GiftId[]): Promise<AcceptedGift[]>;
}

/** How long notes are gathered, in milliseconds: nobody reads them for a minute. */
const GATHERED_FOR = 100;
/** Notes that wait for the statement under way; beyond these they are let go, and `reconcile` asks Temporal. */
const MOST_WAITING = 10_000;

const NOTE = `INSERT INTO boon.gift_starts (gift_id, started_at) 
  SELECT n.gift_id, n.at FROM unnest($1::text[], $2::timestamptz[]) AS n (gift_id, at) ORDER BY n.gift_id ON CONFLICT DO NOTHING`;

export function makeGiftStarts(database: Database): GiftStarts {
  let waiting: { id: GiftId; at: Instant }[] = [];
  let written: Promise<void> = Promise.resolve();
  let following: Promise<void> | undefined;

  async function write(): Promise<void> {
    const notes = waiting;
    waiting = [];
    following = undefined;
    await queryRow(database, 'note_gift_starts', NOTE, [
      notes.map(({ id }) => id),
      notes.map(({ at }) => at),
    ]);
  }

  /** One statement at a time, with what came together: a crowd of starts takes one connection, and few commits. */
  function flush(): Promise<void> {
    following ??= Promise.all([sleep(GATHERED_FOR), written.catch(() => undefined)]).then(() => {
      written = write();
      return written;
    });
    return following;
  }

  return {
    async noteGiftStarts(giftIds, at) {
      if (giftIds.length === 0) return;
      if (waiting.length < MOST_WAITING) waiting.push(...giftIds.map((id) => ({ id, at })));
      await flush();
    },
    async forgetGiftStarts(before) {
      const text = 'DELETE FROM boon.gift_starts WHERE started_at < $1';
      await queryRow(database, 'forget_gift_starts', text, [before]);
    },
    async openGiftsOf(giftIds) {
      const text = `SELECT boon_code.gift_view(g) AS gift FROM boon.gifts g
        WHERE g.id = ANY ($1) AND g.deadline IS NOT NULL ORDER BY g.id`;
      const rows = await queryRows<{ gift: Gift }>(database, 'open_gifts_of', text, [giftIds]);
      return rows.map(({ gift }) => acceptedGift(toGift(gift))).filter((gift) => gift !== undefined);
    },
  };
}
