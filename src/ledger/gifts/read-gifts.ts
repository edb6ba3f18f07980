/** Reading gifts: one, a list, an address, and what `reconcile` asks for. */

import { BoonError } from '../../contracts/errors.ts';
import type { AcceptedGift, Gift } from '../../contracts/gifts/gift.ts';
import { acceptedGift } from '../../contracts/gifts/gift-process.ts';
import type { GiftProcesses } from '../../domain/gift-processes.ts';
import type { GiftStatus } from '../../domain/gift-status.ts';
import type { AccountId, GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { ofKnownAccount } from '../accounts/known-account.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { toGift } from '../postgres/rows.ts';

export type GiftFilter = {
  account_id: AccountId;
  sent: boolean;
  received: boolean;
  status?: GiftStatus | undefined;
};

export type GiftAddress = { email: string; token: string | undefined };

/** The function behind `Ledger.findGift`. */
export async function findGift(database: Database, id: GiftId): Promise<Gift> {
  const row = await queryRow<{ gift: Gift }>(
    database,
    'find_gift',
    'SELECT boon_code.gift_view(g) AS gift FROM boon.gifts g WHERE g.id = $1',
    [id],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no transfer "${id}".`);
  return toGift(row.gift);
}

/**
 * Newest first. The sort key is the microsecond of acceptance, then the id. Each side stops at a page's length, so
 * that a page of an account with a million gifts reads no more of them.
 */
const LIST_GIFTS = `
  WITH mine (gift) AS (
    (SELECT g FROM boon.gifts g WHERE $2 AND g.sender_id = $1 AND ($4::text IS NULL OR g.status = $4::boon.gift_status)
      AND ($5::bigint IS NULL OR (g.accepted_at, g.id) < ('epoch'::timestamptz + $5 * interval '1 microsecond', $6))
      ORDER BY g.accepted_at DESC, g.id DESC LIMIT $7)
    UNION ALL
    (SELECT g FROM boon.gifts g WHERE $3 AND g.recipient_id = $1 AND ($4::text IS NULL OR g.status = $4::boon.gift_status)
      AND ($5::bigint IS NULL OR (g.accepted_at, g.id) < ('epoch'::timestamptz + $5 * interval '1 microsecond', $6))
      ORDER BY g.accepted_at DESC, g.id DESC LIMIT $7)
  )
  SELECT boon_code.gift_view(m.gift) AS gift, (extract(epoch FROM (m.gift).accepted_at) * 1000000)::bigint AS position
  FROM mine m ORDER BY (m.gift).accepted_at DESC, (m.gift).id DESC LIMIT $7`;

/** The function behind `Ledger.listGifts`. */
export async function listGifts(
  database: Database,
  filter: GiftFilter,
  page: PageRequest,
): Promise<Page<Gift>> {
  const [position, id] =
    page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [DIGITS, GIFT_ID]);
  const rows = await queryRows<{ gift: Gift; position: string }>(database, 'list_gifts', LIST_GIFTS, [
    filter.account_id,
    filter.sent,
    filter.received,
    filter.status ?? null,
    position,
    id,
    page.limit + 1,
  ]);
  return ofKnownAccount(
    database,
    filter.account_id,
    toPage(
      rows,
      page.limit,
      (row) => [row.position, row.gift.id],
      (row) => toGift(row.gift),
    ),
  );
}

/** The function behind `Ledger.giftAddresses`. */
export async function giftAddresses(
  database: Database,
  vault: AddressVault,
  ids: readonly GiftId[],
): Promise<Map<GiftId, GiftAddress>> {
  const rows = await queryRows<{ id: GiftId; email_sealed: Buffer; token_sealed: Buffer | null }>(
    database,
    'gift_addresses',
    'SELECT id, email_sealed, token_sealed FROM boon.gifts WHERE id = ANY ($1) AND email_sealed IS NOT NULL',
    [ids],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        email: vault.open(row.email_sealed),
        token: row.token_sealed === null ? undefined : vault.open(row.token_sealed),
      },
    ]),
  );
}

const OPEN_GIFTS = `
  SELECT boon_code.gift_view(g) AS gift, (extract(epoch FROM g.deadline) * 1000000)::bigint AS position FROM boon.gifts g
  WHERE g.deadline IS NOT NULL AND g.accepted_at < $1 AND ($5::timestamptz IS NULL OR g.accepted_at >= $5)
    AND ($2::bigint IS NULL OR (g.deadline, g.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
    AND ($7 OR g.status <> 'pending' OR g.email_index IS NOT NULL)
    AND ($6 OR NOT EXISTS (SELECT FROM boon.gift_starts s WHERE s.gift_id = g.id))
  ORDER BY g.deadline, g.id LIMIT $4`;

/** The function behind `Ledger.openGifts`. */
export async function openGifts(
  database: Database,
  before: Instant,
  page: PageRequest,
  after?: Instant,
  which: 'all' | 'not started' = 'all',
  processes: GiftProcesses = 'each',
): Promise<Page<AcceptedGift>> {
  const [position, id] =
    page.cursor === undefined ? [null, null] : decodeCursor(page.cursor, [DIGITS, GIFT_ID]);
  const rows = await queryRows<{ gift: Gift; position: string }>(database, 'open_gifts', OPEN_GIFTS, [
    before,
    position,
    id,
    page.limit + 1,
    after ?? null,
    which === 'all',
    processes === 'each',
  ]);
  const { data, next_cursor } = toPage(
    rows,
    page.limit,
    (row) => [row.position, row.gift.id],
    (row) => acceptedGift(toGift(row.gift)),
  );
  return { data: data.filter((gift) => gift !== undefined), next_cursor };
}

/** The function behind `Ledger.overdueGifts`. */
export async function overdueGifts(
  database: Database,
  before: Instant,
  limit: number,
  at?: Instant,
): Promise<GiftId[]> {
  const rows = await queryRows<{ id: GiftId }>(
    database,
    'overdue_gifts',
    `SELECT id FROM boon.gifts WHERE deadline < $1 AND ($3::timestamptz IS NULL OR NOT boon_code.is_aside('gift_ends', id, $3))
     ORDER BY deadline, id LIMIT $2`,
    [before, limit, at ?? null],
  );
  return rows.map((row) => row.id);
}

/** The function behind `Ledger.refundedGifts`. */
export async function refundedGifts(
  database: Database,
  accountId: AccountId,
  since: Instant,
  limit: number,
): Promise<GiftId[]> {
  const rows = await queryRows<{ id: GiftId }>(
    database,
    'refunded_gifts',
    `SELECT id FROM boon.gifts WHERE sender_id = $1 AND reason_code = 'funding_refunded' AND ended_at >= $2
     ORDER BY accepted_at DESC, id DESC LIMIT $3`,
    [accountId, since, limit],
  );
  return rows.map((row) => row.id);
}
