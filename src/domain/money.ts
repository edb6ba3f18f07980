/**
 * Money: whole units of a currency's smallest coin, as the payment provider counts them, and how it is written. How many
 * decimals that is comes from the provider's own tables, not from the locale data of the machine, which says otherwise for
 * some: there forints have no decimals, and are charged with two.
 *
 * The tables: "Zero-decimal currencies", "Three-decimal currencies" and "Special cases" of
 * https://docs.stripe.com/currencies, compared in 2026. The first names UGX too, and the last takes it back: shillings (UGX), like
 * krónur (ISK), are passed with two decimals that must be 00. That HUF and TWD have none is said of payouts alone; they are
 * charged with two.
 */
import type { Price } from './policy.ts';

/** Counted in whole units. */
const NO_DECIMALS = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
/** Counted in thousandths, of which the last digit must be zero. */
const THREE_DECIMALS = new Set('bhd jod kwd omr tnd'.split(' '));
/** Counted in hundredths, though there are no coins below one: the hundredths must be zero ("Special cases"). */
const WHOLE_ONLY = new Set(['isk', 'ugx']);

/** How many of the digits of an amount in a currency's smallest coin are decimals. */
export function decimalsOf(currency: string): number {
  const code = currency.toLowerCase();
  if (NO_DECIMALS.has(code)) return 0;
  return THREE_DECIMALS.has(code) ? 3 : 2;
}

/** Amounts in a currency that can be charged are multiples of this. */
export function smallestCharge(currency: string): number {
  const code = currency.toLowerCase();
  if (WHOLE_ONLY.has(code)) return 100;
  return THREE_DECIMALS.has(code) ? 10 : 1;
}

/** `4.00 USD`; of currencies without coins `400 JPY`, and `5 ISK` for 500 of them. */
export function priceText({ amount, currency }: Price): string {
  const digits = decimalsOf(currency);
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const [whole, part] = [text.slice(0, text.length - digits), text.slice(text.length - digits)];
  const isWhole = digits === 0 || (WHOLE_ONLY.has(currency.toLowerCase()) && Number(part) === 0);
  return `${amount < 0 ? '-' : ''}${whole}${isWhole ? '' : `.${part}`} ${currency.toUpperCase()}`;
}

/**
 * Reads an amount as people write it, such as `12.5` or `12.50`, in the currency's smallest coin; undefined when it is none,
 * or one that cannot be charged.
 */
export function coinsOf(text: string, currency: string): number | undefined {
  const [, whole = '', part = ''] = /^(\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = decimalsOf(currency);
  if (whole === '' || part.length > digits) return undefined;
  const coins = Number(whole + part.padEnd(digits, '0'));
  return coins % smallestCharge(currency) === 0 ? coins : undefined;
}
