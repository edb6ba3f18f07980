/** Usage windows: what a plan includes in 5 hours and in a week. */
import type { MicroCredits } from './credits.ts';

export const WINDOW_KINDS = ['five_hour', 'weekly'] as const;
export type WindowKind = (typeof WINDOW_KINDS)[number];

/** Lengths in milliseconds. */
export const WINDOW_LENGTH_MS: Readonly<Record<WindowKind, number>> = {
  five_hour: 5 * 3_600_000,
  weekly: 7 * 86_400_000,
};

/** A window as it is stored: from the first use on. Amounts are micro-credits' worth, times epoch milliseconds. */
export type StoredWindow = { startedAt: number; used: MicroCredits };

/** A window at a moment; one that is not open has used nothing and has no dates. */
export type UsageWindow = { used: MicroCredits; startedAt: number | null; resetsAt: number | null };

/** How a stored window stands at `at`: it ends by itself exactly one length after it began. */
export function windowAt(kind: WindowKind, stored: StoredWindow | undefined, at: number): UsageWindow {
  const closed: UsageWindow = { used: 0n, startedAt: null, resetsAt: null };
  if (stored === undefined) return closed;
  const resetsAt = stored.startedAt + WINDOW_LENGTH_MS[kind];
  return at < resetsAt ? { used: stored.used, startedAt: stored.startedAt, resetsAt } : closed;
}

/** What is stored after a use: it opens the window when none is open, and counts in the one that is. */
export function usedWindow(
  kind: WindowKind,
  stored: StoredWindow | undefined,
  amount: MicroCredits,
  at: number,
): StoredWindow {
  const { used, startedAt } = windowAt(kind, stored, at);
  return { used: used + amount, startedAt: startedAt ?? at };
}

/**
 * A window after a banked reset was redeemed at `at`: full again. The 5-hour window begins anew; the weekly one keeps
 * its date, or begins anew where `weeklyMoves` says so, and never before it opened. One that was not open stays closed.
 */
export function restoredWindow(
  kind: WindowKind,
  stored: StoredWindow | undefined,
  at: number,
  weeklyMoves: boolean,
): UsageWindow {
  const { startedAt } = windowAt(kind, stored, at);
  if (startedAt === null) return windowAt(kind, undefined, at);
  const anew = kind === 'five_hour' || weeklyMoves;
  return windowAt(kind, { used: 0n, startedAt: anew ? Math.max(at, startedAt) : startedAt }, at);
}
