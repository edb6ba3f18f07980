/** Whether a process can do its work: its database and Temporal answer. */
import { within } from './within.ts';

type Check = 'ok' | 'unreachable';
export type Checks = { database: Check; temporal: Check };

type Answering = { ping(): Promise<void> };

/** How long a check waits for an answer. */
const PATIENCE_MILLISECONDS = 2000;

/** Asks both at once. */
export async function checkParts(database: Answering, temporal: Answering): Promise<Checks> {
  const [first, second] = await Promise.all([check(database), check(temporal)]);
  return { database: first, temporal: second };
}

async function check(part: Answering): Promise<Check> {
  try {
    await within(part.ping(), PATIENCE_MILLISECONDS, () => new Error('no answer'));
    return 'ok';
  } catch {
    return 'unreachable';
  }
}
