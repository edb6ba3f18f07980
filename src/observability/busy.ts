/** Whether this process has its hands full. */
import { performance } from 'node:perf_hooks';

/** How often it is looked at, in milliseconds. */
const EVERY = 100;
/** The share of the time in which the event loop worked, from which on it is busy. */
const BUSY_FROM = 0.85;

/** Returns whether the event loop was busy nearly all of the last tenth of a second or so. */
export function watchBusyness(): () => boolean {
  let last = performance.eventLoopUtilization();
  let lookedAt = performance.now();
  let isBusy = false;
  return () => {
    if (performance.now() - lookedAt < EVERY) return isBusy;
    lookedAt = performance.now();
    const now = performance.eventLoopUtilization();
    isBusy = performance.eventLoopUtilization(now, last).utilization >= BUSY_FROM;
    last = now;
    return isBusy;
  };
}
