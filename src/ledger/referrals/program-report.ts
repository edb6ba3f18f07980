/** What happened to a program's invitations, counted from the referrals themselves. */
import { BoonError } from '../../contracts/errors.ts';
import type { ProgramReport, ReferralCounts } from '../../contracts/referrals/program-report.ts';
import type { ReferralReason } from '../../domain/referral-status.ts';
import { type Database, queryRow, queryRows } from '../postgres/database.ts';

export type ReportRequest = {
  program: string;
  /** Days in UTC, both counted, as in `2026-06-11`. */
  from: string;
  to: string;
};

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;

const COUNTS = `
  SELECT (x.at AT TIME ZONE 'UTC')::date::text AS day, x.what, x.reason, count(*)::int AS count
  FROM boon.referrals r
  CROSS JOIN LATERAL (VALUES ('sent', r.invited_at, NULL), ('opened', r.link_used_at, NULL), ('joined', r.joined_at, NULL),
    ('qualified', r.qualified_at, NULL), ('rewarded', r.rewarded_at, NULL),
    (CASE WHEN r.status IN ('expired', 'canceled', 'refused') THEN r.status::text END, r.ended_at,
     CASE WHEN r.status = 'refused' THEN r.reason_code END)) x (what, at, reason)
  WHERE r.program = $1 AND x.what IS NOT NULL AND x.at >= $2::date AND x.at < $3::date + 1
  GROUP BY 1, 2, 3`;

/** Null for a program that the policy in use does not have and nobody was ever invited into. */
const SPREAD = `
  SELECT count(*)::int AS sent, count(DISTINCT r.referrer_id)::int AS inviters, count(r.joined_at)::int AS joined,
    EXISTS (SELECT FROM boon.program_rules p WHERE p.program = $1) AS known
  FROM boon.referrals r WHERE r.program = $1 AND r.invited_at >= $2::date AND r.invited_at < $3::date + 1`;

export async function programReport(
  database: Database,
  { program, from, to }: ReportRequest,
): Promise<ProgramReport> {
  const days = daysOf(from, to);
  const [rows, spread] = await Promise.all([
    queryRows<{ day: string; what: string; reason: ReferralReason | null; count: number }>(
      database,
      'report_counts',
      COUNTS,
      [program, from, to],
    ),
    queryRow<{ sent: number; inviters: number; joined: number; known: boolean }>(
      database,
      'report_spread',
      SPREAD,
      [program, from, to],
    ),
  ]);
  if (spread?.known !== true) throw new BoonError('not_found', `There is no program "${program}".`);
  const totals = noCounts();
  const byDay = new Map(days.map((day) => [day, noCounts()]));
  for (const { day, what, reason, count } of rows) {
    for (const counts of [totals, byDay.get(day)]) {
      if (counts === undefined) continue;
      counts[what as 'sent'] += count;
      if (reason === null) continue;
      counts.refused_by_reason[reason] = (counts.refused_by_reason[reason] ?? 0) + count;
    }
  }
  const { sent, inviters, joined } = spread;
  return {
    program,
    from,
    to,
    totals,
    inviters,
    k_factor: inviters === 0 ? 0 : Number(((sent / inviters) * (joined / sent)).toFixed(4)),
    days: [...byDay].map(([day, counts]) => ({ day, ...counts })),
  };
}

/** @throws BoonError `validation_failed` when there is no day in between, or too many. */
function daysOf(from: string, to: string): string[] {
  const count = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (count < 1 || count > MOST_DAYS) {
    const message = `must be the first of 1 to ${MOST_DAYS} days that end with \`to\``;
    throw new BoonError('validation_failed', `from ${message}.`, { errors: [{ path: 'from', message }] });
  }
  return Array.from({ length: count }, (_, day) =>
    new Date(Date.parse(from) + day * DAY_MS).toISOString().slice(0, 10),
  );
}

function noCounts(): ReferralCounts {
  return {
    sent: 0,
    opened: 0,
    joined: 0,
    qualified: 0,
    rewarded: 0,
    expired: 0,
    canceled: 0,
    refused: 0,
    refused_by_reason: {},
  };
}
