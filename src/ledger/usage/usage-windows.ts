/** What an account has used of its plan: the TypeScript side of `limits`. */
import { BoonError } from '../../contracts/errors.ts';
import type { PlanLimits, Windows } from '../../contracts/resets/reset.schema.ts';
import { formatCredits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import {
  type StoredWindow,
  type UsageWindow,
  WINDOW_LENGTH_MS,
  type WindowKind,
} from '../../domain/usage-window.ts';
import { type Database, queryRow } from '../postgres/database.ts';

/** Both windows as SQL tells them: micro-credits as text, null for a window that is not open and for no limit. */
export type WindowsRow = {
  five_hour_limit: string | null;
  five_hour_used: string;
  five_hour_started_at: Date | null;
  weekly_limit: string | null;
  weekly_used: string;
  weekly_started_at: Date | null;
};

/** One window of a row; undefined where it is not open. */
export function storedWindow(row: WindowsRow, kind: WindowKind): StoredWindow | undefined {
  const startedAt = row[`${kind}_started_at`];
  return startedAt === null
    ? undefined
    : { used: BigInt(row[`${kind}_used`]), startedAt: startedAt.getTime() };
}

/** The windows of a row, each as `windowOf` has it. */
export function toWindows(row: WindowsRow, windowOf: (kind: WindowKind) => UsageWindow): Windows {
  const view = (kind: WindowKind) => {
    const { used, startedAt, resetsAt } = windowOf(kind);
    const limit = row[`${kind}_limit`];
    return {
      used: formatCredits(used),
      limit: limit === null ? null : formatCredits(BigInt(limit)),
      started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
      resets_at: resetsAt === null ? null : new Date(resetsAt).toISOString(),
    };
  };
  return { five_hour: view('five_hour'), weekly: view('weekly') };
}

/** A row's windows as they stood when SQL looked: it tells of open ones only. */
export function openWindows(row: WindowsRow): Windows {
  return toWindows(row, (kind) => {
    const stored = storedWindow(row, kind);
    if (stored === undefined) return { used: 0n, startedAt: null, resetsAt: null };
    return { ...stored, resetsAt: stored.startedAt + WINDOW_LENGTH_MS[kind] };
  });
}

const COLUMNS =
  'five_hour_limit, five_hour_used, five_hour_started_at, weekly_limit, weekly_used, weekly_started_at';

/** The function behind `Ledger.limits`. */
export async function limits(
  database: Database,
  policyVersion: string,
  id: AccountId,
  at: Instant,
): Promise<PlanLimits> {
  const row = await queryRow<WindowsRow & { plan: PlanLimits['plan']; credits: string; resets: string }>(
    database,
    'limits',
    `SELECT plan, ${COLUMNS}, credits, resets FROM boon_code.limits($1, $2, $3)`,
    [policyVersion, id, at],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no account "${id}".`);
  return {
    plan: row.plan,
    windows: openWindows(row),
    available: formatCredits(BigInt(row.credits)),
    resets_available: Number(row.resets),
  };
}
