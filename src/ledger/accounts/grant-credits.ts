/** Grants, grouped: the TypeScript side of `grant_credits`. */

import type { Lot } from '../../contracts/accounts/holding.schema.ts';
import type { Credits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { LotSource } from '../../domain/lot.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import type { Database } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash, microOf } from '../postgres/recorded.ts';
import { toLot } from '../postgres/rows.ts';

export type GrantRequest = Write & {
  account_id: AccountId;
  amount: Credits;
  source: LotSource;
  expires_at: Instant | null;
  giftable: boolean;
  /** What they may pay for; left out: all that the plan allows. */
  products?: string[] | undefined;
  reason: string;
};

/** Makes the function behind `Ledger.grant`. */
export function makeGrant(database: Database): (request: GrantRequest) => Promise<Recorded<Lot>> {
  const grant = makeArrayCall<GrantRequest, { lot: Lot }>(database, {
    name: 'grant_credits',
    text: 'SELECT i, replayed, result FROM boon_code.grant_credits($1)',
    toRow,
    groups: { most: 100, shardOf: (request) => request.account_id },
  });
  return async (request) => {
    microOf(request.amount); // Refused before it joins a batch.
    const { value, replayed } = await grant(request);
    return { value: toLot(value.lot), replayed };
  };
}

function toRow(request: GrantRequest, i: number): Record<string, unknown> {
  const { key, at, amount, ...rest } = request;
  return {
    i,
    key,
    at,
    input_hash: inputHash({ ...rest, amount }),
    amount: microOf(amount).toString(),
    ...rest,
  };
}
