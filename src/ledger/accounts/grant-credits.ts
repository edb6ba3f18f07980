/** Grants, grouped: the TypeScript side of `boon.grant_credits`. */

import type { Lot } from '../../contracts/accounts/account.schema.ts';
import type { Credits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { LotSource } from '../../domain/lot.ts';
import type { Database } from '../postgres/database.ts';
import { GroupCommit } from '../postgres/group-commit.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { type AnswerRow, answerOf, callWithArray, inputHash, microOf } from '../postgres/recorded.ts';
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

const MOST_IN_A_BATCH = 100;

/** Makes the function behind `Ledger.grant`. */
export function makeGrant(database: Database): (request: GrantRequest) => Promise<Recorded<Lot>> {
  const groups = new GroupCommit<GrantRequest, AnswerRow<{ lot: Lot }>>({
    writers: 1,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: (request) => request.account_id,
    run: (batch, wait) =>
      callWithArray(
        database,
        'grant_credits',
        'SELECT i, replayed, result FROM boon_code.grant_credits($1)',
        [JSON.stringify(batch.map(toRow))],
        batch.length,
        wait,
      ),
  });
  return async (request) => {
    microOf(request.amount); // Refused before it joins a batch.
    const { value, replayed } = answerOf(await groups.submit(request));
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
