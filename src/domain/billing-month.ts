/**
 * An account's billing month, in UTC: it begins on the account's billing day at midnight, and in months that are too
 * short for that day on their last one. A day that moves is in force from the end of the running month on; the first
 * month with it ends on the day, a whole month later at the soonest.
 */

const DAY_MS = 86_400_000;

/** From `startsAt` to before `endsAt`, in epoch milliseconds; `name` is the day it begins on, as in `2026-02-28`. */
export type BillingMonth = { name: string; startsAt: number; endsAt: number };

/**
 * A billing day (1 to 31), in force from `startsAt` on, in epoch milliseconds: the end of a month, or `-Infinity` for the
 * account's first. `firstEndsAt` is when the first month with it ends. `askedAt` is the moment of the move.
 */
export type BillingDay = { day: number; startsAt: number; firstEndsAt: number; askedAt: number };

/**
 * The billing month that a moment falls into.
 * @param billingDay 1 to 31; or the days of an account, the latest move last.
 * @param at epoch milliseconds.
 */
export function billingMonthOf(billingDay: number | readonly BillingDay[], at: number): BillingMonth {
  if (typeof billingDay === 'number') return regularMonth(billingDay, at);
  const inForce = billingDay.findLast(({ startsAt }) => startsAt <= at);
  if (inForce === undefined) throw new RangeError('An account has a first billing day.');
  const { day, startsAt, firstEndsAt } = inForce;
  return at < firstEndsAt ? named(startsAt, firstEndsAt) : regularMonth(day, at);
}

/** The days of an account whose day has never moved. */
export function firstBillingDay(day: number): BillingDay[] {
  return [{ day, startsAt: -Infinity, firstEndsAt: -Infinity, askedAt: -Infinity }];
}

/**
 * Moves the billing day, as asked for at `at`: from the end of the running month on. A move that has not begun is replaced.
 * @param countedIn the beginning of the latest month in which something is counted: the move is after its end.
 */
export function moveBillingDay(
  days: readonly BillingDay[],
  day: number,
  at: number,
  countedIn = -Infinity,
): BillingDay[] {
  const running = billingMonthOf(days, Math.max(at, ...days.map(({ askedAt }) => askedAt)));
  const startsAt = countedIn >= running.endsAt ? billingMonthOf(days, countedIn).endsAt : running.endsAt;
  return [...days, { day, startsAt, firstEndsAt: firstMonthEnds(day, startsAt), askedAt: at }];
}

/** The first time that it is the day, a whole month after `from` or later. */
function firstMonthEnds(day: number, from: number): number {
  const began = new Date(from);
  const monthLater = beginning(began.getUTCFullYear(), began.getUTCMonth() + 1, began.getUTCDate());
  const { startsAt, endsAt } = regularMonth(day, monthLater);
  return startsAt === monthLater ? startsAt : endsAt;
}

function regularMonth(billingDay: number, at: number): BillingMonth {
  const day = new Date(at);
  const year = day.getUTCFullYear();
  const month = day.getUTCMonth();
  const thisMonth = beginning(year, month, billingDay);
  return at >= thisMonth
    ? named(thisMonth, beginning(year, month + 1, billingDay))
    : named(beginning(year, month - 1, billingDay), thisMonth);
}

function named(startsAt: number, endsAt: number): BillingMonth {
  return { name: new Date(startsAt).toISOString().slice(0, 10), startsAt, endsAt };
}

/** Midnight of the billing day in a month, counted from January of the year; may reach into other years. */
function beginning(year: number, month: number, billingDay: number): number {
  const first = Date.UTC(year, month, 1);
  const daysInMonth = (Date.UTC(year, month + 1, 1) - first) / DAY_MS;
  return first + (Math.min(billingDay, daysInMonth) - 1) * DAY_MS;
}
