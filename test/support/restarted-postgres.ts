/** A PostgreSQL that ends in the middle of a load and comes back, for tests of what its callers make of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { BoonError } from '../../src/contracts/errors.ts';
import { startPostgres } from '../../src/local/postgres.ts';

export type Ending = 'in order' | 'kill -9';
type Postgres = Awaited<ReturnType<typeof startPostgres>>;

/** Ends the server and starts it again on its port; connections to it break meanwhile. */
export async function restarted(server: Postgres, dataDir: string, how: Ending): Promise<Postgres> {
  const { port } = server;
  if (how === 'in order') await server.stop();
  else {
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
  }
  return await startPostgres({ dataDir, port });
}

/** Waits until a load has got beyond a number of answers. */
export async function untilBeyond(answered: () => number, number: number): Promise<void> {
  const end = Date.now() + 60_000;
  while (answered() <= number) {
    if (Date.now() > end) throw new Error(`No more than ${answered()} were answered`);
    await pause(20);
  }
}

/** Asks again while the database is away, as a client would. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BoonError && error.code === 'unavailable') return patiently(call);
    throw error;
  }
}
