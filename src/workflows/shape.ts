/**
 * Shapes of what reaches a process from outside. Whatever does not fit is refused at the start: what a process shows of it
 * later must not fail its task, which would be tried forever.
 */
import type { FieldError } from '../contracts/errors.ts';

/** A check of one value: undefined when it fits, else what it must be. */
type Check = (value: unknown) => string | undefined;
export type Shape = Readonly<Record<string, Check>>;

const is = (fits: (value: unknown) => boolean, must: string): Check => {
  return (value) => (fits(value) ? undefined : must);
};

/**
 * Control characters but tabs and line breaks, and halves of pairs: PostgreSQL takes some of them never, and would be
 * asked forever.
 */
export const UNWRITABLE = /[^\P{Cc}\t\n\r]|\p{Surrogate}/u;

/** What people wrote, which is only shown. */
export const words: Check = is(
  (value) => typeof value === 'string' && value !== '' && value.length <= 4_000,
  'must be a text',
);
export const text: Check = is(
  (value) => words(value) === undefined && !UNWRITABLE.test(`${value}`),
  'must be a text without control characters',
);
export const instant: Check = is(
  (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  'must be an RFC 3339 time',
);
export const whole: Check = is(
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  'must be a whole number',
);
export const texts: Check = is(
  (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  'must be a list of texts',
);
/** It must be one of a closed list. */
export function oneOf(known: readonly string[]): Check {
  return is((value) => known.some((one) => one === value), `must be one of ${known.join(', ')}`);
}

/** It may be null or left out. */
export function orNull(check: Check): Check {
  return (value) => (value === null || value === undefined ? undefined : check(value));
}

/** Whether a value is an object with named fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What does not fit, field by field; fields that the shape does not name are left alone. */
export function shapeFaults(path: string, value: unknown, shape: Shape): FieldError[] {
  if (!isRecord(value)) return [{ path, message: 'must be an object' }];
  return Object.entries(shape).flatMap(([name, check]) => {
    const message = check(value[name]);
    return message === undefined ? [] : [{ path: `${path}.${name}`, message }];
  });
}
