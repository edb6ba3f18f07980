/** Grants: lots that came from outside, with the reason that was given. Rewards and what campaigns grant are among them. */
import type { Grant } from '../../contracts/accounts/holding.schema.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId, LotId } from '../../domain/ids.ts';
import type { LotSource } from '../../domain/lot.ts';
import { DIGITS, decodeCursor } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import { type Page, type PageRequest, toPage } from '../postgres/page.ts';
import { toLot } from '../postgres/rows.ts';
import { ofKnownAccount } from './known-account.ts';

export type GrantFilter = { account_id: AccountId; source?: LotSource | undefined };

type Row = { lot: Grant; seq: string; account_id: AccountId; reason: string };

const ROWS = `
  SELECT boon_code.lot_view(l) AS lot, t.seq, l.account_id, t.reference AS reason
  FROM boon.transfers t JOIN boon.lots l ON l.transfer = t.seq`;
const LIST = `${ROWS} WHERE t.credit_account = $1 AND t.kind = 'grant' AND ($2::boon.lot_source IS NULL OR l.source = $2)
    AND ($3::bigint IS NULL OR t.seq < $3) ORDER BY t.seq DESC LIMIT $4`;
const FIND = `${ROWS} WHERE l.id = $1 AND t.kind = 'grant'`;

/** The latest first. @throws BoonError `not_found` when there is no such account. */
export async function listGrants(
  database: Database,
  { account_id, source }: GrantFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Grant>> {
  const [before] = cursor === undefined ? [null] : decodeCursor(cursor, [DIGITS]);
  const values = [account_id, source ?? null, before, limit + 1];
  const rows = await queryRows<Row>(database, 'list_grants', LIST, values);
  return ofKnownAccount(
    database,
    account_id,
    toPage(rows, limit, ({ seq }) => [seq], toGrant),
  );
}

/** @throws BoonError `not_found` when no grant made a lot of this id. */
export async function findGrant(database: Database, id: LotId): Promise<Grant> {
  const row = DIGITS.test(id) ? await queryRow<Row>(database, 'find_grant', FIND, [id]) : undefined;
  if (row === undefined) throw new BoonError('not_found', `There is no grant "${id}".`);
  return toGrant(row);
}

function toGrant({ lot, account_id, reason }: Row): Grant {
  return { ...toLot(lot), account_id, reason };
}
