/** The connection to Stripe: its client, the mode of a key, and how its errors become ours. */
import Stripe from 'stripe';
import { BoonError } from '../contracts/errors.ts';

export type StripeAccess = {
  apiKey: string;
  /** Where Stripe's API is, when it is not Stripe's own. */
  apiBase: string | undefined;
};

/** How long a call may take, in milliseconds, and how often it is tried again on a broken connection. */
const PATIENCE = 8_000;
const RETRIES = 1;

/** Makes the client of one account at Stripe. `timeout` is of one try, in milliseconds; a call is tried twice. */
export function stripeClient({ apiKey, apiBase }: StripeAccess, timeout = PATIENCE): Stripe {
  return new Stripe(apiKey, { timeout, maxNetworkRetries: RETRIES, telemetry: false, ...hostOf(apiBase) });
}

/** Whether a key is of the live mode: `sk_live_…`, `rk_test_…`; undefined where it does not say. */
export function modeOfKey(apiKey: string): boolean | undefined {
  const [, mode] = /^[a-z]+_(live|test)_/.exec(apiKey) ?? [];
  return mode === undefined ? undefined : mode === 'live';
}

function hostOf(base: string | undefined) {
  if (base === undefined) return {};
  const { protocol, hostname, port } = new URL(base);
  const secure = protocol === 'https:';
  return {
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
    protocol: secure ? ('https' as const) : ('http' as const),
  };
}

/** Stripe's messages stay in the cause: they may reveal keys. */
export async function asking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BoonError || !(error instanceof Stripe.errors.StripeError)) throw error;
    const { StripeInvalidRequestError, StripeAuthenticationError, StripePermissionError } = Stripe.errors;
    const refused = [StripeInvalidRequestError, StripeAuthenticationError, StripePermissionError].some(
      (kind) => error instanceof kind,
    );
    throw refused
      ? new BoonError('payment_refused', `Stripe refused: ${error.code ?? error.type}.`, { cause: error })
      : new BoonError('unavailable', 'Stripe did not answer.', { cause: error });
  }
}
