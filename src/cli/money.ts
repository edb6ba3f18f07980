/** Money as people write it. */
import { coinsOf } from '../domain/money.ts';
import { UsedWrongly } from './failure.ts';

/** An amount such as 2.80 in a currency's smallest coin. @throws UsedWrongly when it is none of that currency */
export function coins(text: string, currency: string, least = 0): number {
  const amount = coinsOf(text, currency);
  if (amount !== undefined && amount >= least) return amount;
  throw new UsedWrongly(`"${text}" is no amount of ${currency.toUpperCase()}.`);
}
