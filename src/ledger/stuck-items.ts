/** Stuck items: noted by the duties of the schedules, shown to operators. */
import type { StuckCount, StuckDuty, StuckItem } from '../contracts/stuck-item.ts';
import type { Instant } from '../domain/instant.ts';
import { DIGITS, decodeCursor, GIFT_ID } from './postgres/cursor.ts';
import { type Database, queryRow, queryRows } from './postgres/database.ts';
import type { Page, PageRequest } from './postgres/page.ts';
import { toPage } from './postgres/page.ts';
import { inputHash, type Recorded, recordOne, type Write } from './postgres/recorded.ts';
import { instant } from './postgres/rows.ts';
import type { ExpiringReset } from './resets/expiring-reset.ts';

/** Duties whose pages the ledger chooses by itself. */
export type ChosenByLedger = 'lots' | 'invitations' | 'reset_expiries' | 'reset_returns';

/** No method reads a clock. */
export interface StuckItems {
  /** Puts an item aside that failed at `at`, for longer with each try. One try told of twice counts once. */
  putAside(what: StuckDuty, item: string, error: string, at: Instant): Promise<void>;
  /** Every item of a duty that is stuck, the longest first. */
  stuckItemsOf(what: StuckDuty): Promise<StuckItem[]>;
  /** Forgets items that are done, or that there is nothing to do about any more. */
  forgetStuck(what: StuckDuty, items: readonly string[]): Promise<void>;
  /** What the next page of the duty would begin with. */
  firstDue(what: ChosenByLedger, at: Instant): Promise<string | undefined>;
  /** The same of resets to be redeemed at their last moment, from a place on. */
  firstRedemption(at: Instant, after: ExpiringReset): Promise<string | undefined>;
  /** The longest stuck first. */
  listStuckItems(filter: { what?: StuckDuty | undefined }, page: PageRequest): Promise<Page<StuckItem>>;
  /** Has the next run try it, from `at` on. @throws BoonError `not_found` when nothing of this id is stuck. */
  retryStuckItem(request: Write & { id: string }): Promise<Recorded<StuckItem>>;
  /** How many, by duty. */
  countStuckItems(): Promise<StuckCount[]>;
}

type Row = { item: StuckItem };

const LIST = `
  SELECT boon_code.stuck_item_view(s) AS item, (extract(epoch FROM s.since) * 1000000)::bigint AS position FROM boon.stuck_items s
  WHERE ($1::text IS NULL OR s.what = $1)
    AND ($2::bigint IS NULL OR (s.since, s.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY s.since, s.id LIMIT $4`;

/** As `expire_resets` chooses. */
const FIRST_EXPIRY = `
  SELECT r.id::text AS item FROM boon.resets r WHERE r.status = 'available' AND r.expires_at <= $2 AND boon_code.is_expiry_due(r, $1, $2)
    AND NOT boon_code.is_aside('reset_expiries', r.id::text, $2) ORDER BY r.expires_at, r.id LIMIT 1`;

export function makeStuckItems(database: Database, policyVersion: () => string): StuckItems {
  return {
    async putAside(what, item, error, at) {
      await queryRow(database, 'put_aside', 'SELECT boon_code.put_aside($1, $2, $3, $4)', [
        what,
        item,
        error,
        at,
      ]);
    },
    async stuckItemsOf(what) {
      const text =
        'SELECT boon_code.stuck_item_view(s) AS item FROM boon.stuck_items s WHERE s.what = $1 ORDER BY s.since, s.id';
      return (await queryRows<Row>(database, 'stuck_items_of', text, [what])).map(toStuckItem);
    },
    async forgetStuck(what, items) {
      const text = 'DELETE FROM boon.stuck_items s WHERE s.what = $1 AND s.item = ANY ($2)';
      await queryRow(database, 'forget_stuck', text, [what, items]);
    },
    async firstDue(what, at) {
      const [name, text, values] =
        what === 'reset_expiries'
          ? ['first_expiry', FIRST_EXPIRY, [policyVersion(), at]]
          : ['first_due', 'SELECT boon_code.first_due($1, $2) AS item', [what, at]];
      return (await queryRow<{ item: string | null }>(database, name, text, values))?.item ?? undefined;
    },
    async firstRedemption(at, { expires_at, reset_id }) {
      const text = 'SELECT reset_id::text AS item FROM boon_code.resets_at_last_moment($1, $2, $3, $4, 1)';
      const values = [policyVersion(), at, expires_at, reset_id];
      return (await queryRow<{ item: string }>(database, 'first_redemption', text, values))?.item;
    },
    async listStuckItems({ what }, page) {
      const { cursor, limit } = page;
      const after = cursor === undefined ? [null, null] : decodeCursor(cursor, [DIGITS, GIFT_ID]);
      const values = [what ?? null, ...after, limit + 1];
      return toPage(
        await queryRows<Row & { position: string }>(database, 'list_stuck_items', LIST, values),
        limit,
        (row) => [row.position, row.item.id],
        toStuckItem,
      );
    },
    async retryStuckItem({ key, at, id }) {
      const request = { key, at, id, input_hash: inputHash({ id }) };
      const { value, replayed } = await recordOne<Row>(database, 'retry_stuck_item', request);
      return { value: toStuckItem(value), replayed };
    },
    async countStuckItems() {
      const text =
        'SELECT what, count(*)::int AS count, min(since) AS oldest FROM boon.stuck_items GROUP BY what ORDER BY what';
      const rows = await queryRows<StuckCount & { oldest: Date | string }>(
        database,
        'count_stuck_items',
        text,
        [],
      );
      return rows.map(({ oldest, ...row }) => ({ ...row, oldest: instant(oldest) }));
    },
  };
}

function toStuckItem({ item }: Row): StuckItem {
  return {
    ...item,
    since: instant(item.since),
    tried_at: instant(item.tried_at),
    next_try_at: instant(item.next_try_at),
  };
}
