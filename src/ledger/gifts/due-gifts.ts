/** Quiet gifts whose time has come: what the schedule `boon-settlement` settles together. */
import type { GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { instant } from '../postgres/rows.ts';

/** One of several equal parts of all senders: the gifts of one sender are always in the same. */
export type SenderPart = { part: number; of: number };

/** No method reads a clock. */
export interface DueGifts {
  /** Ids of pending gifts that are due at `at`, the longest first, without those that are put aside. */
  dueGifts(at: Instant, limit: number, senders: SenderPart): Promise<GiftId[]>;
  /** Those of the gifts whose senders are in this part. */
  giftsOfPart(ids: readonly GiftId[], senders: SenderPart): Promise<GiftId[]>;
  /** Since when the pending gift has been due that has been so for longest; undefined when none is. */
  oldestDueGift(at: Instant, senders: SenderPart): Promise<Instant | undefined>;
}

/** The remainder of a hash is a small number of either sign. */
const IN_PART = '($2 = 1 OR abs(hashtext(sender_id) % $2) = $3)';

const DUE = `SELECT id FROM boon.gifts WHERE deadline <= $1 AND status = 'pending' AND ${IN_PART}
  AND NOT boon_code.is_aside('settlements', id, $1) ORDER BY deadline, id LIMIT $4`;

const OF_PART = `SELECT id FROM boon.gifts WHERE id = ANY ($1) AND ${IN_PART} ORDER BY id`;

const OLDEST = `SELECT deadline FROM boon.gifts WHERE deadline <= $1 AND status = 'pending' AND ${IN_PART}
  ORDER BY deadline, id LIMIT 1`;

export function makeDueGifts(database: Database): DueGifts {
  const ids = (rows: { id: GiftId }[]) => rows.map(({ id }) => id);
  return {
    dueGifts: async (at, limit, { part, of }) =>
      ids(await queryRows(database, 'due_gifts', DUE, [at, of, part, limit])),
    giftsOfPart: async (gifts, { part, of }) =>
      gifts.length === 0 ? [] : ids(await queryRows(database, 'gifts_of_part', OF_PART, [gifts, of, part])),
    async oldestDueGift(at, { part, of }) {
      const row = await queryRow<{ deadline: Date | string }>(database, 'oldest_due_gift', OLDEST, [
        at,
        of,
        part,
      ]);
      return row === undefined ? undefined : instant(row.deadline);
    },
  };
}
