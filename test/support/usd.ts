import type { Price } from '../../src/domain/policy.ts';

/** Dollars, in cents. */
export function usd(amount: number): Price {
  return { amount, currency: 'usd' };
}
