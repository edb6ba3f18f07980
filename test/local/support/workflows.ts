import { sleep } from '@temporalio/workflow';

/** Sleeps for a day and says how long it was, in milliseconds. */
export async function sleepForADay(): Promise<number> {
  const began = Date.now();
  await sleep('24 hours');
  return Date.now() - began;
}
