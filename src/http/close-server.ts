/** Stopping in order. */
import type { FastifyInstance } from 'fastify';
import { within } from '../observability/within.ts';

/** How long running requests may take to finish. */
const PATIENCE_MILLISECONDS = 10_000;

/** Takes no new connections, finishes running requests, and after a while ends what still runs. */
export async function closeServer(app: FastifyInstance, patience = PATIENCE_MILLISECONDS): Promise<void> {
  const closed = app.close();
  try {
    await within(closed, patience, () => new Error('requests still run'));
  } catch {
    app.server.closeAllConnections();
    await closed;
  }
}
