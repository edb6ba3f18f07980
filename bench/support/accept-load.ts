/** Load on the ledger: callers that each accept one gift after the other. */
import { randomBytes } from 'node:crypto';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { ACCOUNTS, accountId, START } from './ledger-database.ts';

export type AcceptLoad = {
  callers: number;
  seconds: number /** All gifts from one account. */;
  hot?: boolean;
};

let serial = 0;

/** Gifts accepted a second. */
export async function giftsAcceptedPerSecond(ledger: Ledger, load: AcceptLoad): Promise<number> {
  const run = `${process.pid}-${Date.now().toString(36)}`;
  const began = performance.now();
  const until = began + load.seconds * 1_000;
  let accepted = 0;
  const caller = async () => {
    while (performance.now() < until) {
      serial += 1;
      const from = load.hot === true ? 0 : Math.floor(Math.random() * ACCOUNTS);
      const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
      // Time-ordered like those of the HTTP server.
      const id = `gft_${String(START + serial).padStart(14, '0')}${run}`;
      await ledger.acceptGift({
        // As random as the HTTP server's, which are digests.
        key: `http:${randomBytes(16).toString('base64url')}`,
        at: new Date(START + serial).toISOString(),
        id,
        from: accountId(from),
        to: { account_id: accountId(to) },
        amount: '1',
        funding: 'transfer',
        message: null,
      });
      accepted += 1;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  return accepted / ((performance.now() - began) / 1_000);
}

/** Gifts settled a second: all of `ids`, in arrays of `size`, by two callers as two workers would. */
export async function giftsSettledPerSecond(
  ledger: Ledger,
  ids: readonly string[],
  at: string,
  size = 500,
): Promise<number> {
  const rest = [...ids];
  const began = performance.now();
  const caller = async () => {
    while (rest.length > 0) await ledger.advanceGiftPage(rest.splice(0, size), at);
  };
  await Promise.all([caller(), caller()]);
  return ids.length / ((performance.now() - began) / 1_000);
}
