/** Gifts as the API starts them: accepted by the ledger, then their process. */
import type { Client } from '@temporalio/client';
import type { AcceptedGift } from '../../src/contracts/gifts/gift.ts';
import { acceptedGift } from '../../src/contracts/gifts/gift-process.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { giftStart } from '../../src/temporal/gifts/gift-start.ts';
import { startProcess } from '../../src/temporal/start-process.ts';
import { ACCOUNTS, accountId } from './ledger-database.ts';

let serial = 0;

/** Accepts a gift that has settled for all the ledger cares `dueInMs` from now. */
export async function acceptDueIn(
  ledger: Ledger,
  dueInMs: number,
  settlementMs: number,
): Promise<AcceptedGift> {
  serial += 1;
  const acceptedAt = new Date(Date.now() + dueInMs - settlementMs).toISOString();
  const { value } = await ledger.acceptGift({
    key: `bench:${process.pid}:${serial}`,
    at: acceptedAt,
    id: `gft_bench${process.pid}x${serial}`,
    from: accountId(serial % 1000),
    to: { account_id: accountId(1000 + (serial % 1000)) },
    amount: '12.5',
    funding: 'transfer',
    message: null,
  });
  const accepted = acceptedGift(value);
  if (accepted === undefined) throw new Error(`the gift was not left open: ${value.status}`);
  return accepted;
}

/** Starts the process of an accepted gift, as the HTTP server does. */
export async function startGift(client: Client, gift: AcceptedGift, taskQueue: string): Promise<void> {
  await startProcess(client, taskQueue, giftStart(gift, Date.now()));
}

/** The body of a request for one credit from any account to the next. */
export function newGift(): string {
  const from = Math.floor(Math.random() * ACCOUNTS);
  return JSON.stringify({
    from: accountId(from),
    to: { account_id: accountId((from + 1) % ACCOUNTS) },
    amount: '1',
  });
}
