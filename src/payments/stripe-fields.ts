/** The fields of Stripe's messages as Boon reads them: an invalid one counts as missing. */
import { BoonError } from '../contracts/errors.ts';

/** The latest moment that has a year of four digits. */
const LAST_SECOND = 253_402_300_799;

/** An id or a code of Stripe's. */
export function textOf(given: unknown): string | undefined {
  return typeof given === 'string' && /^[\x21-\x7e]{1,255}$/.test(given) ? given : undefined;
}

/** The id of what is given whole or by its id. */
export function idOf(given: unknown): string | undefined {
  return textOf(typeof given === 'object' && given !== null && 'id' in given ? given.id : given);
}

/** What may be an id of ours: of others a payer writes what they like into some fields. */
export function named(given: unknown): string | undefined {
  return typeof given === 'string' && /^[\w-]{1,100}$/.test(given) ? given : undefined;
}

/** Whole units of the currency's smallest coin. */
export function moneyOf(given: unknown): number | null {
  return Number.isSafeInteger(given) && (given as number) >= 0 ? (given as number) : null;
}

/** A currency by its three letters, as it was written; null where it is none. */
export function currencyOf(given: unknown): string | null {
  return typeof given === 'string' && /^[a-z]{3}$/i.test(given) ? given : null;
}

/** Whether it is of the live mode; undefined where it does not say. */
export function modeOf(given: unknown): boolean | undefined {
  return typeof given === 'boolean' ? given : undefined;
}

/** Stripe's times are seconds. */
export function instantOf(given: unknown): string | undefined {
  if (!Number.isSafeInteger(given)) return undefined;
  const seconds = given as number;
  return seconds >= 0 && seconds <= LAST_SECOND ? new Date(seconds * 1000).toISOString() : undefined;
}

/** What a message cannot do without. */
export function needed<T>(value: T | null | undefined, field: string): T {
  if (value === null || value === undefined)
    throw new BoonError('webhook_invalid', `The message has no valid ${field}.`);
  return value;
}
