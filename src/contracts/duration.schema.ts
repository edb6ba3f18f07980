/** Durations of the API and of policies, within what a date can be moved by. */
import { z } from 'zod';

const DURATION = /^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$/;
/** Seconds of each part, in their order; of a year and a month as they are on average. */
const PARTS = [31_556_952, 2_629_746, 604_800, 86_400, 3_600, 60, 1];
const HUNDRED_YEARS = 3_155_760_000;

/** From 0 to 100 years: "no time at all" means something for some rules, such as `min_account_age`. */
export const DurationSchema = z
  .string()
  .regex(DURATION, 'must be an ISO 8601 duration such as "PT24H", "P14D" or "P12M"')
  .refine((text) => secondsOf(text) <= HUNDRED_YEARS, 'must be at most 100 years');

/** More than no time at all: for how long something is valid or open. */
export const PositiveDurationSchema = DurationSchema.refine(
  (text) => !DURATION.test(text) || secondsOf(text) > 0,
  'must be longer than no time at all',
).meta({
  description: 'ISO 8601 duration, more than no time at all and at most 100 years',
  example: 'P30D',
  pattern: '^P([1-9][0-9]?Y|[1-9][0-9]{0,2}[MW]|[1-9][0-9]{0,3}D|T[1-9][0-9]{0,4}[HMS])$',
});

function secondsOf(text: string): number {
  const parts = DURATION.exec(text)?.filter((_, n) => n > 0 && n !== 5) ?? [];
  return parts.reduce((sum, part, n) => sum + Number.parseInt(part ?? '0', 10) * (PARTS[n] ?? 0), 0);
}
