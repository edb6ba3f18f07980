/** What tests do with banked resets and usage windows, in one line each. */
import type { Redemption, Reset, Windows } from '../../src/contracts/resets/reset.schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { RedeemRequest } from '../../src/ledger/resets/redeem-resets.ts';
import { newKey, START } from './test-ledger.ts';

/** Banks one reset, or so many, and answers with them. */
export async function bank(
  ledger: Ledger,
  accountId: string,
  more: { count?: number; at?: string; program?: string } = {},
): Promise<[Reset, ...Reset[]]> {
  const { count = 1, at = START, program } = more;
  const request = { key: newKey('resets'), at, account_id: accountId, count, reason: 'test', program };
  return (await ledger.grantResets(request)).value.resets as [Reset, ...Reset[]];
}

/** Uses so much, in credits' worth, and answers how the windows stand. */
export async function use(ledger: Ledger, accountId: string, amount: string, at = START): Promise<Windows> {
  const request = { account_id: accountId, product: 'codex', units: amount, id: newKey('use'), at, now: at };
  return (await ledger.use(request)).value.windows;
}

/** Redeems at START under a request id of its own, or as `more` says. */
export function redeem(
  ledger: Ledger,
  accountId: string,
  more: Partial<RedeemRequest> = {},
): Promise<Redemption> {
  return ledger.redeemReset({ account_id: accountId, request_id: newKey('redeem'), at: START, ...more });
}

/** How many resets an account can redeem. */
export async function bankedCount(ledger: Ledger, accountId: string, at: string): Promise<number> {
  return (await ledger.limits(accountId, at)).resets_available;
}

/** What the scheduled process does to resets at a moment, all of it. */
export async function sweep(
  ledger: Ledger,
  at: string,
): Promise<{ redeemed: number; expired: number; returned: number }> {
  const { redeemed } = await ledger.redeemExpiringResets(at, 100);
  const expired = await ledger.expireResets(at, 100);
  return { redeemed, expired, returned: await ledger.returnDueResets(at, 100) };
}
