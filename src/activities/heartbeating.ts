/** Work of one long statement: the server should know that it is still running. */
import { heartbeat } from '@temporalio/activity';

/** Often enough for the workflows' heartbeat timeouts. */
const HEARTBEAT_MS = 2_000;

/** Tells Temporal that the worker lives, however long a statement takes. */
export async function heartbeating<T>(work: () => Promise<T>): Promise<T> {
  const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
