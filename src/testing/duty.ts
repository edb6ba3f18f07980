/** What time does to one kind of thing: how a traveling clock learns of it, and what it waits for. */

import type { Traveller } from './traveller.ts';

/** Gifts, rewards and so on, at one stop of the clock. */
export type Duty = {
  /** The soonest moment after the present, and not after `horizon`, at which time changes something of this kind. */
  next(horizon: Date): Promise<Date | undefined>;
  /**
   * Does what a schedule of Boon's would do within minutes. Returns what it has begun, and what is due and has not
   * happened.
   * @param waited how long it has been due, in milliseconds of real time.
   */
  bringAbout(waited: number): Promise<readonly string[]>;
};

/**
 * What is still due after this much real time, with a worker that has nothing to do, has no process that will do it.
 */
export const ASLEEP_AFTER_MS = 1_000;
/** More than any test has open at once. */
export const MOST = 1_000;
/** Later than everything in a test. */
export const EVER = '9999-01-01T00:00:00.000Z';

/** The soonest of the moments that lies after the present and not after the horizon. */
export function soonest(
  moments: readonly (string | Date | null | undefined)[],
  { clock }: Traveller,
  horizon: Date,
): Date | undefined {
  const now = clock.now().getTime();
  const times = moments.filter((moment) => moment != null).map((moment) => new Date(moment).getTime());
  const ahead = times.filter((time) => time > now && time <= horizon.getTime());
  return ahead.length === 0 ? undefined : new Date(Math.min(...ahead));
}
