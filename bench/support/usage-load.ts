/** Load on the ledger: callers that each charge one use after the other. */
import type { Ledger } from '../../src/ledger/ledger.ts';
import { accountId, START } from './ledger-database.ts';

export type UsageLoad = {
  callers: number;
  seconds: number;
  /** Indexes of the accounts, from the first to before the second. */
  accounts: readonly [number, number];
};

let serial = 0;

/** Uses charged a second, of a millionth of a credit each, by accounts at random. */
export async function usesPerSecond(ledger: Ledger, load: UsageLoad): Promise<number> {
  const run = `${process.pid}-${Date.now().toString(36)}`;
  const [from, before] = load.accounts;
  const began = performance.now();
  const until = began + load.seconds * 1_000;
  let charged = 0;
  const caller = async () => {
    while (performance.now() < until) {
      serial += 1;
      const at = new Date(START + serial).toISOString();
      await ledger.use({
        id: `req_${serial}${run}`,
        account_id: accountId(from + Math.floor(Math.random() * (before - from))),
        product: 'codex',
        units: '0.000001',
        at,
        now: at,
      });
      charged += 1;
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  return charged / ((performance.now() - began) / 1_000);
}
