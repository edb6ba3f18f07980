/** Grants, grouped: the TypeScript side of `boon.grant_credits`. */
import type { Lot } from '../contracts/account.schema.ts';
import { BoonError } from '../contracts/errors.ts';
import { parseCredits } from '../domain/credits.ts';
import type { Database } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import type { GrantRequest, Recorded } from './ledger.ts';
import { type AnswerRow, answerOf, callWithArray, inputHash } from './recorded.ts';
import { toLot } from './rows.ts';

const MOST_IN_A_BATCH = 100;

/** Makes the function behind `Ledger.grant`. */
export function makeGrant(database: Database): (request: GrantRequest) => Promise<Recorded<Lot>> {
  const groups = new GroupCommit<GrantRequest, AnswerRow<{ lot: Lot }>>({
    writers: 1,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: (request) => request.account_id,
    run: (batch) =>
      callWithArray(
        database,
        'grant_credits',
        'SELECT i, replayed, result FROM boon.grant_credits($1)',
        [JSON.stringify(batch.map(toRow))],
        batch.length,
      ),
  });
  return async (request) => {
    const { value, replayed } = answerOf(await groups.submit(request));
    return { value: toLot(value.lot), replayed };
  };
}

function toRow(request: GrantRequest, i: number): Record<string, unknown> {
  const { key, at, amount, ...rest } = request;
  const micro = parseCredits(amount);
  if (micro === undefined || micro === 0n) {
    throw new BoonError('validation_failed', `"${amount}" is not an amount of credits.`, {
      errors: [{ path: 'amount', message: 'must be a decimal string of credits above zero' }],
    });
  }
  if (rest.expires_at !== null && Date.parse(rest.expires_at) <= Date.parse(at)) {
    throw new BoonError('validation_failed', 'The credits would be expired from the start.', {
      errors: [{ path: 'expires_at', message: `must be later than ${at}` }],
    });
  }
  return { i, key, at, input_hash: inputHash({ ...rest, amount }), amount: micro.toString(), ...rest };
}
