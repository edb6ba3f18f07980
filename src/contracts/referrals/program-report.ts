/** What happened to a program's invitations, day by day (UTC). */
import { REFUSAL_REASONS, type ReferralReason } from '../../domain/referral-status.ts';

/** Each is counted on the day on which it happened, so a friend may be invited on one day and join on another. */
export type ReferralCounts = {
  sent: number;
  /** Links that a friend used, whether they counted or not. */
  opened: number;
  joined: number;
  qualified: number;
  rewarded: number;
  expired: number;
  canceled: number;
  /** Those that ended as `refused`, with those that were clawed back. */
  refused: number;
  refused_by_reason: Partial<Record<ReferralReason, number>>;
};

export type ProgramReport = {
  program: string;
  /** Both days are counted. */
  from: string;
  to: string;
  totals: ReferralCounts;
  /** People who sent an invitation in the period. */
  inviters: number;
  /**
   * How many friends one inviting person brings: invitations sent in the period ÷ people who sent them, × those of
   * these invitations by which a friend has joined by now ÷ invitations. 0 without invitations.
   */
  k_factor: number;
  days: ({ day: string } & ReferralCounts)[];
};

const COLUMNS = [
  'sent',
  'opened',
  'joined',
  'qualified',
  'rewarded',
  'expired',
  'canceled',
  'refused',
] as const;

/** The days as CSV (RFC 4180), with a heading. Nothing in it needs quotes. */
export function reportCsv(report: ProgramReport): string {
  const heading = ['day', ...COLUMNS, ...REFUSAL_REASONS.map((reason) => `refused_${reason}`)];
  const rows = report.days.map((day) => [
    day.day,
    ...COLUMNS.map((column) => day[column]),
    ...REFUSAL_REASONS.map((reason) => day.refused_by_reason[reason] ?? 0),
  ]);
  return [heading, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}
