/** Referrals of all accounts: by program, status and referrer. */
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ReferralStatus } from '../../domain/referral-status.ts';
import { ofKnownAccount } from '../accounts/known-account.ts';
import { DIGITS, decodeCursor, GIFT_ID } from '../postgres/cursor.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import { type Page, type PageRequest, toPage } from '../postgres/page.ts';
import { toReferral } from './referral-rows.ts';

export type ReferralFilter = {
  program?: string | undefined;
  status?: ReferralStatus | undefined;
  referrer_id?: AccountId | undefined;
};

type Row = { referral: Referral; position: string };

/**
 * The latest first, as they stand at `at`. An invitation that has run out is found as `expired` once a sweep has come by, and
 * until then under no status.
 * @throws BoonError `not_found` when there is no such referrer.
 */
export async function searchReferrals(
  database: Database,
  filter: ReferralFilter,
  { limit, cursor }: PageRequest,
  at: Instant,
): Promise<Page<Referral>> {
  const { program, status, referrer_id } = filter;
  const conditions: string[] = [];
  const values: unknown[] = [at, limit + 1];
  const value = (given: unknown) => `$${values.push(given)}`;
  if (program !== undefined) conditions.push(`r.program = ${value(program)}`);
  if (status !== undefined) {
    conditions.push(
      `r.status = ${value(status)} AND (r.status NOT IN ('invited', 'joined') OR r.expires_at > $1)`,
    );
  }
  if (referrer_id !== undefined) conditions.push(`r.referrer_id = ${value(referrer_id)}`);
  if (cursor !== undefined) {
    const [position, id] = decodeCursor(cursor, [DIGITS, GIFT_ID]);
    conditions.push(
      `(r.invited_at, r.id) < ('epoch'::timestamptz + ${value(position)}::bigint * interval '1 microsecond', ${value(id)})`,
    );
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const given = Object.entries({ program, status, referrer_id, cursor }).filter(
    ([, value]) => value !== undefined,
  );
  // Each set of conditions is a statement of its own, so that each has its plan.
  const rows = await queryRows<Row>(
    database,
    ['search_referrals', ...given.map(([name]) => name)].join('_'),
    `SELECT boon_code.referral_view(r, $1) AS referral, (extract(epoch FROM r.invited_at) * 1000000)::bigint AS position
     FROM boon.referrals r ${where} ORDER BY r.invited_at DESC, r.id DESC LIMIT $2`,
    values,
  );
  const page = toPage(
    rows,
    limit,
    (row) => [row.position, row.referral.id],
    (row) => toReferral(row.referral),
  );
  return referrer_id === undefined ? page : ofKnownAccount(database, referrer_id, page);
}
