/** Letting time pass: the clock goes from deadline to deadline, and at each one what is due is waited for. */
import { dueGifts } from './due-gifts.ts';
import { dueInvoices } from './due-invoices.ts';
import { duePurchases } from './due-purchases.ts';
import { dueRewards } from './due-rewards.ts';
import { dueSweeps, postExpiries } from './due-sweeps.ts';
import type { Duty } from './duty.ts';
import { elapsed } from './test-clock.ts';
import type { Traveller } from './traveller.ts';

/** How long work that is due may really take on a busy machine. */
const PATIENCE_MS = 20_000;
const DAY_MS = 86_400_000;
/**
 * How far the server's clock stays behind a deadline that comes soon after the test's present. It runs on while the
 * test stands still, and is not to wake the process before its time.
 */
const SHORT_OF_MS = 60_000;

/** Moves to the moment; what falls due on the way has happened, each thing at its own time, when this resolves. */
export async function travelTo(target: Date, traveller: Traveller): Promise<void> {
  const { clock, worker } = traveller;
  const horizon = new Date(target.getTime() + SHORT_OF_MS);
  await bringAbout(traveller, clock.now());
  for (;;) {
    const before = clock.now();
    const next = await nextMoment(horizon, traveller, before);
    const isLast = next === undefined || next > target;
    if (isLast) await clock.moveTo(target, shortOf(next, target));
    else await clock.moveTo(next);
    await bringAbout(traveller, before);
    if (isLast) break;
  }
  await postExpiries(traveller);
  await worker.untilQuiet();
}

/**
 * Has everything happen that is due now, and waits for it.
 * @param since until when it has been done before.
 * @throws Error that names what does not happen.
 */
export async function bringAbout(traveller: Traveller, since: Date): Promise<void> {
  const { worker } = traveller;
  const duties = dutiesOf(traveller, since);
  const began = elapsed();
  for (;;) {
    // Also a process that has just been woken must have set its next timer before the clock goes on.
    await worker.untilQuiet();
    const waited = elapsed() - began;
    const left = (await Promise.all(duties.map((duty) => duty.bringAbout(waited)))).flat();
    if (left.length === 0) return;
    if (waited > PATIENCE_MS)
      throw new Error(`These are due, and nothing happens to them: ${left.join(', ')}`);
  }
}

async function nextMoment(horizon: Date, traveller: Traveller, since: Date): Promise<Date | undefined> {
  const moments = await Promise.all(dutiesOf(traveller, since).map((duty) => duty.next(horizon)));
  const times = moments.filter((moment) => moment !== undefined).map((moment) => moment.getTime());
  return times.length === 0 ? undefined : new Date(Math.min(...times));
}

/** Where the server's clock stops when the test's stops at `target`: short of the next deadline, and of the day's end, when months end. */
function shortOf(next: Date | undefined, target: Date): Date {
  const midnight = (Math.floor(target.getTime() / DAY_MS) + 1) * DAY_MS;
  const deadline = Math.min(next?.getTime() ?? Number.POSITIVE_INFINITY, midnight);
  return new Date(Math.min(target.getTime(), deadline - SHORT_OF_MS));
}

function dutiesOf(traveller: Traveller, since: Date): Duty[] {
  return [
    dueGifts(traveller),
    dueRewards(traveller),
    dueInvoices(traveller),
    duePurchases(traveller),
    dueSweeps(traveller, since),
  ];
}
