/** Stopping in order. */
import type { FastifyInstance } from 'fastify';
import { within } from '../observability/within.ts';
import type { StartQueue } from './route/start-queue.ts';

/** How long running requests may take to finish. */
const PATIENCE_MILLISECONDS = 10_000;
/** How often connections whose request has finished are looked for; clients would keep them open. */
const SWEEP_MILLISECONDS = 20;

/**
 * Takes no new connections, finishes running requests, and after a while ends what still runs. Then it starts what waits behind
 * the answers, for a while too.
 */
export async function closeServer(
  app: FastifyInstance,
  starts: StartQueue,
  patience = PATIENCE_MILLISECONDS,
): Promise<void> {
  const closed = app.close();
  const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_MILLISECONDS);
  try {
    await within(closed, patience, () => new Error('requests still run'));
  } catch {
    app.server.closeAllConnections();
    await closed;
  } finally {
    clearInterval(sweep);
  }
  await starts.close();
}
