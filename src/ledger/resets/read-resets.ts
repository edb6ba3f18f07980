/** Reading banked resets: one, and a list. */
import { BoonError } from '../../contracts/errors.ts';
import type { Reset } from '../../contracts/resets/reset.schema.ts';
import type { AccountId, ResetId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { DIGITS, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** No method reads a clock. */
export interface ReadResets {
  /**
   * A page of those that are to be had, the soonest to expire first, then of the rest, the latest first. Left out, the
   * page is the first 200.
   */
  listResets(accountId: AccountId, at: Instant, page?: PageRequest): Promise<Page<Reset>>;
  /** One of an account's resets; undefined when it has none of this id. */
  findReset(accountId: AccountId, resetId: ResetId, at: Instant): Promise<Reset | undefined>;
}

const FIRST: PageRequest = { limit: 200, cursor: undefined };

/** Makes what can be read of banked resets. */
export function makeReadResets(database: Database): ReadResets {
  return {
    listResets: (id, at, page = FIRST) => listResets(database, id, at, page),
    findReset: (accountId, resetId, at) => findReset(database, accountId, resetId, at),
  };
}

/** A reset that is to be had comes before all others, so that no history hides it. `part`, `place` and `nth` are the sort key. */
const LIST = `
  SELECT a.id IS NOT NULL AS known, r.view, r.part, r.place, r.nth
  FROM (SELECT $1::text AS id) asked LEFT JOIN boon.accounts a ON a.id = asked.id
  LEFT JOIN LATERAL (
    SELECT boon_code.reset_view(x, $2) AS view, k.* FROM boon.resets x
    CROSS JOIN LATERAL (SELECT x.status <> 'available' OR x.expires_at <= $2 AS gone) g
    CROSS JOIN LATERAL (SELECT g.gone::int AS part, CASE WHEN g.gone THEN -x.id ELSE x.id END AS nth,
      CASE WHEN g.gone THEN 0 ELSE (extract(epoch FROM x.expires_at) * 1000000)::bigint END AS place) k
    WHERE x.account_id = a.id AND ($3::int IS NULL OR (k.part, k.place, k.nth) > ($3, $4::bigint, $5::bigint))
    ORDER BY k.part, k.place, k.nth LIMIT $6) r ON true`;

const SORT_KEY = [/^[01]$/, DIGITS, /^-?\d{1,18}$/];

type Row = {
  known: boolean;
  view: Reset | null;
  part: number;
  place: string;
  nth: string;
};

async function listResets(
  database: Database,
  id: AccountId,
  at: Instant,
  page: PageRequest,
): Promise<Page<Reset>> {
  const [part, place, nth] = page.cursor === undefined ? [] : decodeCursor(page.cursor, SORT_KEY);
  const values = [id, at, part ?? null, place ?? null, nth ?? null, page.limit + 1];
  const rows = await queryRows<Row>(database, 'list_resets', LIST, values);
  if (rows[0]?.known !== true) throw new BoonError('not_found', `There is no account "${id}".`);
  return toPage(
    rows.flatMap(({ view, ...key }) => (view === null ? [] : [{ view, ...key }])),
    page.limit,
    (row) => [String(row.part), row.place, row.nth],
    ({ view }) => toReset(view),
  );
}

async function findReset(
  database: Database,
  accountId: AccountId,
  resetId: ResetId,
  at: Instant,
): Promise<Reset | undefined> {
  const row = await queryRow<{ view: Reset }>(
    database,
    'find_reset',
    'SELECT boon_code.reset_view(x, $3) AS view FROM boon.resets x WHERE x.id = $2 AND x.account_id = $1',
    [accountId, resetId, at],
  );
  return row && toReset(row.view);
}

/** What `reset_view` says, with times in our spelling. */
export function toReset(view: Reset): Reset {
  return {
    ...view,
    granted_at: instant(view.granted_at),
    expires_at: instant(view.expires_at),
    redeemed_at: instantOrNull(view.redeemed_at),
  };
}
