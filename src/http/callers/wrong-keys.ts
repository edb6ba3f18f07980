/** How many API keys that nobody has may be tried from one address: each costs a look-up in the database. */
import { BoonError } from '../../contracts/errors.ts';

export type WrongKeys = {
  /** @throws TooManyWrongKeys when the address has tried too many in this minute. */
  requireRoom(address: string): void;
  /** One that nobody has came from there. */
  note(address: string): void;
};

/** A `rate_limited` that says how long. */
export class TooManyWrongKeys extends BoonError {
  readonly retryAfterSeconds: number;

  constructor(most: number, seconds: number) {
    super(
      'rate_limited',
      `More than ${most} wrong API keys in a minute came from there; try again in ${seconds} s.`,
    );
    this.retryAfterSeconds = seconds;
  }
}

const WINDOW_MILLISECONDS = 60_000;
/** More addresses than these share one count: nobody makes a server keep more. */
const MOST_ADDRESSES = 10_000;
const THE_REST = 'the rest';

/**
 * @param most wrong keys of one address in a minute; 0: no limit
 * @param elapsed milliseconds on a clock that only goes forward
 */
export function createWrongKeys(most: number, elapsed: () => number = () => performance.now()): WrongKeys {
  const counts = new Map<string, number>();
  let windowEnds = 0;

  function counted(address: string): string {
    if (elapsed() >= windowEnds) {
      counts.clear();
      windowEnds = elapsed() + WINDOW_MILLISECONDS;
    }
    return counts.has(address) || counts.size < MOST_ADDRESSES ? address : THE_REST;
  }

  return {
    requireRoom(address) {
      if (most === 0 || (counts.get(counted(address)) ?? 0) < most) return;
      throw new TooManyWrongKeys(most, Math.ceil((windowEnds - elapsed()) / 1000));
    },
    note(address) {
      const name = counted(address);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
  };
}
