/** A worker's way to Temporal; apart from the client's, which needs no native code. */
import { NativeConnection } from '@temporalio/worker';
import { isError } from '../domain/is-error.ts';
import type { TemporalTarget } from './connection.ts';

/** Temporal does not answer where it should be; the message says where that is. */
class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
}

/** A worker's own connection. @throws TemporalUnreachable when nobody answers at the address. */
export async function connectWorker({ connectionOptions }: TemporalTarget): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connectionOptions);
  } catch (error) {
    const reason = isError(error) ? error.message : String(error);
    throw new TemporalUnreachable(
      `Temporal does not answer at ${connectionOptions.address} (${reason}): check TEMPORAL_ADDRESS and the other TEMPORAL_ settings.`,
      { cause: error },
    );
  }
}
