/** People who give all the time, through the client over HTTP. */
import { setTimeout as pause } from 'node:timers/promises';
import { type BoonClient, isBoonApiError, type TransferRequest } from '../../../src/client/index.ts';

export type Given = { key: string; request: TransferRequest; id: string };

export type Load = {
  /** Every gift whose acceptance was answered. */
  readonly given: readonly Given[];
  /** Lets each giver finish and have the answer to what it gave last. @throws when one was refused or never answered */
  stop: () => Promise<void>;
};

/** A caller who was not answered asks again with the same key, for so long. */
const PATIENCE_MS = 180_000;

let serial = 0;

/**
 * @param givers how many give at the same time, each the next gift when the last was accepted.
 * @param pauseMs of each, as people make, and so that the parts that come back have the processor, too.
 */
export function startLoad(
  client: BoonClient,
  accounts: readonly string[],
  givers: number,
  pauseMs: number,
): Load {
  const given: Given[] = [];
  let stopped = false;
  const give = async () => {
    while (!stopped) {
      serial += 1;
      const from = accounts[serial % accounts.length] ?? '';
      const to = accounts[(serial + 1 + (serial % 7)) % accounts.length] ?? '';
      const request: TransferRequest = { from, to: { account_id: to }, amount: '1' };
      const key = `load-${serial}`;
      const { id } = await answered(() => client.transfers.create(request, { idempotencyKey: key }));
      given.push({ key, request, id });
      await pause(pauseMs);
    }
  };
  const all = Array.from({ length: givers }, give);
  return {
    given,
    async stop() {
      stopped = true;
      await Promise.all(all);
    },
  };
}

/** Repeats what the client gave up on, unless it was refused. */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const passing = isBoonApiError(error) && (error.status === 0 || error.status >= 500);
      if (!passing || performance.now() > deadline) throw error;
    }
    await pause(200);
  }
}
