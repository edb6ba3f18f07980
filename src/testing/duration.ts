/** Stretches of time as test authors write them. */
import { Temporal } from '@js-temporal/polyfill';

/**
 * Milliseconds, words with one unit (`'24 hours'`, `'1 day'`), or an ISO 8601 duration (`'PT24H'`, `'P1M'`). Months
 * and years are calendar ones, in UTC.
 */
export type Duration = number | string;

const WORDS =
  /^(\d{1,12}) ?(milliseconds?|ms|seconds?|s|minutes?|min|hours?|h|days?|d|weeks?|w|months?|years?)$/;

const SHORT: Readonly<Record<string, string>> = {
  ms: 'milliseconds',
  s: 'seconds',
  min: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
};

/** A moment plus a duration. @throws TypeError when the duration cannot be read or goes backwards. */
export function momentAfter(from: Date, duration: Duration): Date {
  const length = durationOf(duration);
  if (length.sign < 0) throw new TypeError(`Time only goes forward, so not by ${duration}`);
  const start = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO('UTC');
  return new Date(start.add(length).epochMilliseconds);
}

function durationOf(duration: Duration): Temporal.Duration {
  if (typeof duration === 'number') return Temporal.Duration.from({ milliseconds: Math.round(duration) });
  const [, count, unit = ''] = WORDS.exec(duration.trim()) ?? [];
  if (count !== undefined) {
    const name = SHORT[unit] ?? (unit.endsWith('s') ? unit : `${unit}s`);
    return Temporal.Duration.from({ [name]: Number(count) });
  }
  try {
    return Temporal.Duration.from(duration);
  } catch {
    throw new TypeError(
      `"${duration}" is no duration: write '24 hours', 'PT24H' or a number of milliseconds`,
    );
  }
}
