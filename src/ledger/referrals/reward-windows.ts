/** An account's billing month in a program: looked at, and its cap raised. */

import { BoonError } from '../../contracts/errors.ts';
import type { RewardWindow, RewardWindowInput } from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';

import { instant } from '../postgres/rows.ts';

export type RaiseCap = Write & {
  account_id: AccountId;
  program: string;
  month: string;
  cap: number;
  reason: string;
  by?: string | undefined;
};

const WINDOW = `
  SELECT p.program IS NOT NULL AS program_known, boon_code.reward_window_view(
    boon_code.reward_window_at(a.id, p.program, $4, p.monthly_cap)) AS window
  FROM boon.accounts a CROSS JOIN LATERAL (SELECT CASE WHEN $5::text IS NULL THEN boon_code.program_rules_for($1, $3, a.id)
    ELSE (SELECT boon_code.rules_of(r) FROM boon.referrals r WHERE r.id = $5) END AS rules OFFSET 0) x
  CROSS JOIN LATERAL (SELECT (x.rules).*) p WHERE a.id = $2`;

/** The function behind `Referrals.rewardWindow`. */
export async function rewardWindow(
  database: Database,
  policyVersion: string,
  accountId: AccountId,
  program: string,
  at: Instant,
  referralId?: ReferralId,
): Promise<RewardWindow> {
  const row = await queryRow<{ program_known: boolean; window: RewardWindow }>(
    database,
    'reward_window',
    WINDOW,
    [policyVersion, accountId, program, at, referralId ?? null],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no account "${accountId}".`);
  if (!row.program_known) throw new BoonError('not_found', `There is no program "${program}".`);
  return toWindow(row.window);
}

const OPEN = `
  SELECT w.account_id, w.month::text AS month, w.ends_at,
    jsonb_object_agg(w.program, jsonb_build_object('cap', w.cap, 'held', '[]'::jsonb, 'banked', boon_code.reward_window_view(w) -> 'claimed')) AS programs
  FROM (SELECT DISTINCT m.account_id, m.month FROM unnest($1::text[], $2::date[]) m (account_id, month)) m
  JOIN boon.reward_windows w ON w.account_id = m.account_id AND w.month = m.month
  WHERE w.ends_at > $3 GROUP BY w.account_id, w.month, w.ends_at`;

/** Those of the months that are not over and that the ledger has: rewards were banked in them, or their cap was raised. */
export async function openWindows(
  database: Database,
  months: readonly Pick<RewardWindow, 'account_id' | 'month'>[],
  at: Instant,
): Promise<RewardWindowInput[]> {
  const days = months.filter(({ month }) => isDay(month));
  if (days.length === 0) return [];
  const rows = await queryRows<Required<Omit<RewardWindowInput, 'refused' | 'ends_at'>> & { ends_at: Date }>(
    database,
    'open_windows',
    OPEN,
    [days.map(({ account_id }) => account_id), days.map(({ month }) => month), at],
  );
  return rows.map((row) => ({ ...row, ends_at: instant(row.ends_at) }));
}

/** Makes the function behind `Referrals.raiseCap`. */
export function makeRaiseCap(
  database: Database,
  policyVersion: () => string,
): (request: RaiseCap) => Promise<Recorded<RewardWindow>> {
  const raise = makeArrayCall<RaiseCap, { window: RewardWindow }>(database, {
    name: 'raise_caps',
    text: 'SELECT i, replayed, result FROM boon_code.raise_caps($1, $2)',
    values: () => [policyVersion()],
    toRow: ({ key, at, by, ...asked }, i) => ({
      i,
      key,
      at,
      operator: by,
      input_hash: inputHash(asked),
      ...asked,
    }),
  });
  return async (request) => {
    requireDay(request.month); // Refused before it joins a batch.
    const { value, replayed } = await raise(request);
    return { value: toWindow(value.window), replayed };
  };
}

function requireDay(month: string): void {
  if (isDay(month)) return;
  throw new BoonError('validation_failed', `"${month}" is not a day.`, {
    errors: [{ path: 'month', message: 'must be a day such as 2026-06-11' }],
  });
}

function isDay(month: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(month) && new Date(month).toJSON()?.startsWith(month) === true;
}

function toWindow(view: RewardWindow): RewardWindow {
  return { ...view, starts_at: instant(view.starts_at), ends_at: instant(view.ends_at) };
}
