/** The statement of an account: each movement, the latest first. */
import type { Movement } from '../../contracts/accounts/holding.schema.ts';
import type { AccountId } from '../../domain/ids.ts';
import { DIGITS, decodeCursor } from '../postgres/cursor.ts';
import type { Database } from '../postgres/database.ts';
import { makeGroupedRead } from '../postgres/grouped-read.ts';
import { type Page, type PageRequest, toPage } from '../postgres/page.ts';
import { instant } from '../postgres/rows.ts';
import { ofKnownAccount } from './known-account.ts';

const TEXT = `
  SELECT r.i, e.* FROM unnest($1::text[], $2::bigint[], $3::int[], $4::int[]) WITH ORDINALITY AS r (account, transfer, slice, most, i)
  CROSS JOIN LATERAL (
    SELECT e.transfer::text || '-' || e.slice AS id, e.effective_at AS at, e.kind, boon_code.credits(e.amount) AS amount,
      boon_code.credits(e.balance_after) AS balance_after, e.lot_id::text AS lot_id, e.reference, e.transfer, e.slice, t.recorded_at
    FROM boon.entries e JOIN boon.transfers t ON t.seq = e.transfer
    WHERE e.account_id = r.account AND (e.transfer, e.slice) < (r.transfer, r.slice)
    ORDER BY e.transfer DESC, e.slice DESC LIMIT r.most) e
  ORDER BY r.i, e.transfer DESC, e.slice DESC`;
/** Above every transfer and slice: the first page. */
const NEWEST = ['9223372036854775807', '0'];

type Asked = { id: AccountId; before: string[]; most: number };
type MovementRow = Omit<Movement, 'at' | 'recorded_at'> & {
  at: Date;
  recorded_at: Date;
  transfer: string;
  slice: number;
};

/** Makes the function behind `Ledger.statement`. */
export function makeStatement(
  database: Database,
): (id: AccountId, page: PageRequest) => Promise<Page<Movement>> {
  const read = makeGroupedRead<Asked, MovementRow>(database, {
    name: 'statements',
    text: TEXT,
    columnsOf: (asked) => [
      asked.map(({ id }) => id),
      asked.map(({ before }) => before[0]),
      asked.map(({ before }) => before[1]),
      asked.map(({ most }) => most),
    ],
  });
  return async (id, { limit, cursor }) => {
    const before = cursor === undefined ? NEWEST : decodeCursor(cursor, [DIGITS, /^\d{1,9}$/]);
    const rows = await read({ id, before, most: limit + 1 });
    return await ofKnownAccount(
      database,
      id,
      toPage(rows, limit, ({ transfer, slice }) => [transfer, String(slice)], toMovement),
    );
  };
}

function toMovement({
  at,
  recorded_at,
  transfer: _transfer,
  slice: _slice,
  ...movement
}: MovementRow): Movement {
  return { ...movement, at: instant(at), recorded_at: instant(recorded_at) };
}
