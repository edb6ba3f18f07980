/** A worker's way to Temporal; apart from the client's, which needs no native code. */
import { setTimeout as sleep } from 'node:timers/promises';
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

/** The first pause between two tries, which doubles, and the longest, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/** The same, retried at growing intervals until somebody answers: what starts beside Temporal may be up before it. */
export async function connectWorkerPatiently(
  target: TemporalTarget,
  onMissed: (error: unknown, pause: number) => void,
): Promise<NativeConnection> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await connectWorker(target);
    } catch (error) {
      onMissed(error, pause);
      await sleep(pause);
    }
  }
}
