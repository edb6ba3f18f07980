/**
 * An account's billing month, in UTC: it begins on the account's billing day at midnight, and in months that are too
 * short for that day on their last one.
 */

const DAY_MS = 86_400_000;

/** From `startsAt` to before `endsAt`, in epoch milliseconds; `name` is the day it begins on, as in `2026-02-28`. */
export type BillingMonth = { name: string; startsAt: number; endsAt: number };

/**
 * The billing month that a moment falls into.
 * @param billingDay 1 to 31.
 * @param at epoch milliseconds.
 */
export function billingMonthOf(billingDay: number, at: number): BillingMonth {
  const day = new Date(at);
  const year = day.getUTCFullYear();
  const month = day.getUTCMonth();
  const thisMonth = beginning(year, month, billingDay);
  const startsAt = at >= thisMonth ? thisMonth : beginning(year, month - 1, billingDay);
  const endsAt = at >= thisMonth ? beginning(year, month + 1, billingDay) : thisMonth;
  return { name: new Date(startsAt).toISOString().slice(0, 10), startsAt, endsAt };
}

/** Midnight of the billing day in a month, counted from January of the year; may reach into other years. */
function beginning(year: number, month: number, billingDay: number): number {
  const first = Date.UTC(year, month, 1);
  const daysInMonth = (Date.UTC(year, month + 1, 1) - first) / DAY_MS;
  return first + (Math.min(billingDay, daysInMonth) - 1) * DAY_MS;
}
