/** Reading long lists of Stripe's: page by page, with patience where Stripe asks for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import { BoonError } from '../contracts/errors.ts';
import { asking } from './stripe-client.ts';

/** The most that Stripe gives at once. */
const PAGE = 100;
/** Waits of 1, 2, 4, 8, 16 and 32 seconds, or as long as Stripe says; where it does not answer, only the first two. */
const TRIES = { limited: 7, away: 3 };
const LONGEST_WAIT = 60;

type Page<T> = { data: T[]; has_more: boolean };
type Ask<T> = (page: { limit: number; starting_after?: string }) => Promise<Page<T>>;

export interface StripePages {
  /** All of a list, in Stripe's order. */
  all<T extends { id: string }>(ask: Ask<T>): AsyncGenerator<T>;
  /** One answer; undefined where Stripe has no such thing. */
  one<T>(ask: () => Promise<T>): Promise<T | undefined>;
}

/** @param wait waits this many seconds */
export function stripePages(
  wait: (seconds: number) => Promise<unknown> = (s) => sleep(s * 1000),
): StripePages {
  async function patiently<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!mayPass(error)) throw error;
        const isLimited = error instanceof Stripe.errors.StripeRateLimitError;
        if (tries >= TRIES[isLimited ? 'limited' : 'away']) throw isLimited ? tooOften(error) : error;
        await wait(Math.min(LONGEST_WAIT, retryAfter(error) ?? 2 ** (tries - 1)));
      }
    }
  }
  return {
    async *all(ask) {
      let starting_after: string | undefined;
      do {
        const from = starting_after === undefined ? {} : { starting_after };
        const { data, has_more } = await asking(() => patiently(() => ask({ limit: PAGE, ...from })));
        yield* data;
        starting_after = has_more ? data.at(-1)?.id : undefined;
      } while (starting_after !== undefined);
    },
    one: (ask) =>
      asking(async () => {
        try {
          return await patiently(ask);
        } catch (error) {
          if (error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode === 404)
            return undefined;
          throw error;
        }
      }),
  };
}

/** A limit, a broken connection, a fault of Stripe's own. */
function mayPass(error: unknown): error is Error {
  const { StripeRateLimitError, StripeConnectionError, StripeAPIError } = Stripe.errors;
  return [StripeRateLimitError, StripeConnectionError, StripeAPIError].some((kind) => error instanceof kind);
}

function retryAfter(error: Error): number | undefined {
  const { headers } = error as { headers?: Record<string, string> };
  const seconds = Number(headers?.['retry-after'] ?? Number.NaN);
  return seconds > 0 ? seconds : undefined;
}

function tooOften(cause: Error): BoonError {
  return new BoonError('unavailable', 'Stripe keeps limiting the rate of calls.', { cause });
}
