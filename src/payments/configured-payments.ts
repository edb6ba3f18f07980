/** The payment provider that the settings name. */
import type { Config } from '../config.ts';
import type { Payments } from '../contracts/payments.ts';
import { createStripePayments } from './stripe-payments.ts';

/** Undefined when none is named: then nothing can be bought. */
export function stripePayments({ stripe, publicUrl }: Config): Payments | undefined {
  return stripe === undefined ? undefined : createStripePayments({ ...stripe, publicUrl });
}
