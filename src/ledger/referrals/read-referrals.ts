/** Reading referrals: one, a list, addresses, and what `reconcile` asks for. */

import { BoonError } from '../../contracts/errors.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { ofKnownAccount } from '../accounts/known-account.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Page, PageRequest } from '../postgres/page.ts';
import { toPage } from '../postgres/page.ts';
import { toReferral } from './referral-rows.ts';

/** The function behind `Referrals.findReferral`. */
export async function findReferral(database: Database, id: ReferralId, at?: Instant): Promise<Referral> {
  const row = await queryRow<{ referral: Referral }>(
    database,
    'find_referral',
    'SELECT boon_code.referral_view(r, $2) AS referral FROM boon.referrals r WHERE r.id = $1',
    [id, at ?? null],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no referral "${id}".`);
  return toReferral(row.referral);
}

type Positioned = { referral: Referral; position: string };

/** Newest first. The sort key is the microsecond of the invitation, then the id. */
const LIST = `
  SELECT boon_code.referral_view(r, $6) AS referral, (extract(epoch FROM r.invited_at) * 1000000)::bigint AS position FROM boon.referrals r
  WHERE r.referrer_id = $1 AND ($2::text IS NULL OR r.program = $2)
    AND ($3::bigint IS NULL OR (r.invited_at, r.id) < ('epoch'::timestamptz + $3 * interval '1 microsecond', $4))
  ORDER BY r.invited_at DESC, r.id DESC LIMIT $5`;

/** The function behind `Referrals.listReferrals`. */
export async function listReferrals(
  database: Database,
  referrerId: AccountId,
  page: PageRequest,
  program?: string,
  at?: Instant,
): Promise<Page<Referral>> {
  const values = [referrerId, program ?? null, ...after(page), page.limit + 1, at ?? null];
  return ofKnownAccount(
    database,
    referrerId,
    paged(await queryRows<Positioned>(database, 'list_referrals', LIST, values), page),
  );
}

const OPEN = `
  SELECT boon_code.referral_view(r) AS referral, (extract(epoch FROM r.invited_at) * 1000000)::bigint AS position FROM boon.referrals r
  WHERE r.deadline IS NOT NULL AND r.invited_at < $1 AND ($5::timestamptz IS NULL OR r.invited_at >= $5)
    AND ($2::bigint IS NULL OR (r.invited_at, r.id) > ('epoch'::timestamptz + $2 * interval '1 microsecond', $3))
  ORDER BY r.invited_at, r.id LIMIT $4`;

/** The function behind `Referrals.openReferrals`. */
export async function openReferrals(
  database: Database,
  before: Instant,
  page: PageRequest,
  since?: Instant,
): Promise<Page<Referral>> {
  const values = [before, ...after(page), page.limit + 1, since ?? null];
  return paged(await queryRows<Positioned>(database, 'open_referrals', OPEN, values), page);
}

/** Those of the ids that the ledger knows, in no order. */
export async function referralsOf(database: Database, ids: readonly ReferralId[]): Promise<Referral[]> {
  const rows = await queryRows<{ referral: Referral }>(
    database,
    'referrals_of',
    'SELECT boon_code.referral_view(r) AS referral FROM boon.referrals r WHERE r.id = ANY ($1)',
    [ids],
  );
  return rows.map(({ referral }) => toReferral(referral));
}

const UNTOLD = `
  SELECT boon_code.referral_view(r) AS referral, u.seq AS position FROM boon.untold_ends u JOIN boon.referrals r ON r.id = u.referral_id
  WHERE r.ended_at < $1 AND r.invited_at < $1 AND (u.told_at IS NULL OR u.told_at <= $2) AND ($3::bigint IS NULL OR u.seq > $3)
  ORDER BY u.seq LIMIT $4`;

/** The function behind `Referrals.untoldEnds`. */
export async function untoldEnds(
  database: Database,
  { before, toldBy }: { before: Instant; toldBy: Instant },
  page: PageRequest,
): Promise<Page<Referral>> {
  const [position] = after(page);
  const values = [before, toldBy, position, page.limit + 1];
  return paged(await queryRows<Positioned>(database, 'untold_ends', UNTOLD, values), page);
}

const UNTOLD_OF = `
  SELECT boon_code.referral_view(r) AS referral FROM (
    SELECT x.id FROM boon.referrals x WHERE x.friend_id = $1
    UNION SELECT x.id FROM boon.referrals x WHERE x.referrer_id = $1 AND x.ended_at IS NOT NULL) mine
  JOIN boon.untold_ends u ON u.referral_id = mine.id AND u.told_at IS NULL JOIN boon.referrals r ON r.id = u.referral_id
  WHERE r.ended_at IS NOT NULL ORDER BY u.seq DESC LIMIT $2`;

/** The function behind `Referrals.untoldEndsOf`. */
export async function untoldEndsOf(
  database: Database,
  accountId: AccountId,
  limit: number,
): Promise<Referral[]> {
  const values = [accountId, limit];
  const rows = await queryRows<{ referral: Referral }>(database, 'untold_ends_of', UNTOLD_OF, values);
  return rows.map(({ referral }) => toReferral(referral));
}

const NOTE_TOLD = `
  WITH over AS (DELETE FROM boon.untold_ends WHERE referral_id = ANY ($1))
  UPDATE boon.untold_ends SET told_at = $3 WHERE referral_id = ANY ($2)`;

/** The function behind `Referrals.noteEndsTold`. */
export async function noteEndsTold(
  database: Database,
  { over, told }: { over: readonly ReferralId[]; told: readonly ReferralId[] },
  at: Instant,
): Promise<void> {
  await queryRows(database, 'note_ends_told', NOTE_TOLD, [over, told, at]);
}

/** The function behind `Referrals.dueRewards`. */
export async function dueRewards(
  database: Database,
  at: Instant,
  limit: number,
  now?: Instant,
): Promise<ReferralId[]> {
  const rows = await queryRows<{ id: ReferralId }>(
    database,
    'due_rewards',
    `SELECT id FROM boon.referrals WHERE status = 'qualified' AND deadline <= $1
       AND ($3::timestamptz IS NULL OR NOT boon_code.is_aside('rewards', id, $3)) ORDER BY deadline, id LIMIT $2`,
    [at, limit, now ?? null],
  );
  return rows.map(({ id }) => id);
}

export type ReferralAddress = { email: string; token: string | undefined };

/** The function behind `Referrals.referralAddresses`. */
export async function referralAddresses(
  database: Database,
  vault: AddressVault,
  ids: readonly ReferralId[],
): Promise<Map<ReferralId, ReferralAddress>> {
  const rows = await queryRows<{ id: ReferralId; email_sealed: Buffer; token_sealed: Buffer | null }>(
    database,
    'referral_addresses',
    'SELECT id, email_sealed, token_sealed FROM boon.referrals WHERE id = ANY ($1)',
    [ids],
  );
  return new Map(
    rows.map(({ id, email_sealed, token_sealed }) => [
      id,
      {
        email: vault.open(email_sealed),
        token: token_sealed === null ? undefined : vault.open(token_sealed),
      },
    ]),
  );
}

function after({ cursor }: PageRequest): (string | null)[] {
  return cursor === undefined ? [null, null] : decodeCursor(cursor, [DIGITS, GIFT_ID]);
}

function paged(rows: Positioned[], { limit }: PageRequest): Page<Referral> {
  return toPage(
    rows,
    limit,
    (row) => [row.position, row.referral.id],
    (row) => toReferral(row.referral),
  );
}
