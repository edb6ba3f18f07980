/** Money as people write it. */
import { InvalidArgumentError } from 'commander';
import { coinsOf } from '../domain/money.ts';
import type { Price } from '../domain/policy.ts';
import { UsedWrongly } from './failure.ts';

/** Reads money as it is shown, `20.00 USD`. @throws InvalidArgumentError, which commander reports as a usage error */
export function money(text: string): Price {
  const [, number = '', currency = ''] = /^(\S+) ?([A-Za-z]{3})$/.exec(text) ?? [];
  const amount = coinsOf(number, currency);
  if (amount !== undefined && amount > 0) return { amount, currency: currency.toLowerCase() };
  throw new InvalidArgumentError('It must be an amount and its currency, such as "20.00 USD".');
}

/** Reads money of a known currency, `2.80` or `2.80 USD`. @throws UsedWrongly when it is none of that currency */
export function moneyIn(currency: string, text: string, least = 0): Price {
  const [, number = '', named = currency] = /^(\S+?)(?: ?([A-Za-z]{3}))?$/.exec(text) ?? [];
  const amount = coinsOf(number, currency);
  if (amount !== undefined && amount >= least && named.toLowerCase() === currency)
    return { amount, currency };
  throw new UsedWrongly(`"${text}" is no amount of ${currency.toUpperCase()}.`);
}
