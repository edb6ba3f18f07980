/** What an account's resets tell of its past: how many it came by, and when each was granted and used. */
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { DIGITS, decodeCursor, INSTANT } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant } from '../postgres/rows.ts';

export type ResetEvent = { id: string; kind: 'granted' | 'used'; at: Instant };
/** The time that a history covers: after `since`, up to `until`. */
export type HistoryWindow = { since: Instant; until: Instant };
/** `earned`: all that ever came to the account, without those that came back. */
export type ResetTotals = { available: number; earned: number };

/** No method reads a clock. An account that does not exist has no resets. */
export interface ResetHistory {
  /** The latest first. A page after the first keeps to the window of the first, whatever `window` says. */
  resetHistory(accountId: AccountId, window: HistoryWindow, page: PageRequest): Promise<HistoryPage>;
  resetTotals(accountId: AccountId, at: Instant): Promise<ResetTotals>;
}
export type HistoryPage = Page<ResetEvent> & { window: HistoryWindow };

export function makeResetHistory(database: Database): ResetHistory {
  return {
    resetHistory: (id, window, page) => resetHistory(database, id, window, page),
    resetTotals: (id, at) => resetTotals(database, id, at),
  };
}

type EventRow = { id: string; kind: ResetEvent['kind']; at: Date; position: string };

const HISTORY = `
  SELECT e.id, e.kind, e.at, p.position FROM boon.resets r
  CROSS JOIN LATERAL (VALUES (r.id || ':granted', 'granted', r.granted_at), (r.id || ':used', 'used', r.redeemed_at)) e (id, kind, at)
  CROSS JOIN LATERAL (SELECT (extract(epoch FROM e.at) * 1000000)::bigint AS position) p
  WHERE r.account_id = $1 AND e.at > $2 AND e.at <= $3 AND ($4::bigint IS NULL OR (p.position, e.id) < ($4, $5))
  ORDER BY p.position DESC, e.id DESC LIMIT $6`;

const EVENT_ID = /^\d{1,18}:(granted|used)$/;

async function resetHistory(
  database: Database,
  accountId: AccountId,
  asked: HistoryWindow,
  { cursor, limit }: PageRequest,
): Promise<HistoryPage> {
  const [since, until, position, id] =
    cursor === undefined
      ? [asked.since, asked.until]
      : decodeCursor(cursor, [INSTANT, INSTANT, DIGITS, EVENT_ID]);
  const window = { since: since ?? asked.since, until: until ?? asked.until };
  const values = [accountId, window.since, window.until, position ?? null, id ?? null, limit + 1];
  const rows = await queryRows<EventRow>(database, 'reset_history', HISTORY, values);
  const page = toPage(
    rows,
    limit,
    (row) => [window.since, window.until, row.position, row.id],
    (row) => ({ id: row.id, kind: row.kind, at: instant(row.at) }),
  );
  return { ...page, window };
}

const TOTALS = `
  SELECT count(*) FILTER (WHERE status = 'available' AND expires_at > $2) AS available,
    count(*) FILTER (WHERE source <> 'return') AS earned
  FROM boon.resets WHERE account_id = $1`;

async function resetTotals(database: Database, accountId: AccountId, at: Instant): Promise<ResetTotals> {
  const row = await queryRow<{ available: string; earned: string }>(database, 'reset_totals', TOTALS, [
    accountId,
    at,
  ]);
  return { available: Number(row?.available ?? 0), earned: Number(row?.earned ?? 0) };
}
