/** What an account has, now or at a past moment. */
import type { Balance, Lot } from '../../contracts/accounts/holding.schema.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import { makeGroupedRead } from '../postgres/grouped-read.ts';
import { instant, toLot } from '../postgres/rows.ts';

/**
 * Makes the function behind `Ledger.balance`: the balance at `at`, read off the open lots; with `asOf`, what the entries
 * effective by that past moment add up to. A lot past its expiry is not available.
 */
export function makeBalance(
  database: Database,
): (id: AccountId, at: Instant, asOf?: Instant) => Promise<Balance> {
  type Row = { balance: Balance | null };
  const now = makeGroupedRead<{ id: AccountId; at: Instant }, Row>(database, {
    name: 'balances',
    text: `SELECT r.i, boon_code.balance(r.id, r.at) AS balance
      FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS r (id, at, i)`,
    columnsOf: (requests) => [requests.map(({ id }) => id), requests.map(({ at }) => at)],
  });
  const then = async (id: AccountId, asOf: Instant) =>
    await queryRow<Row>(database, 'balance_as_of', 'SELECT boon_code.balance_as_of($1, $2) AS balance', [
      id,
      asOf,
    ]);
  return async (id, at, asOf) => {
    const row = asOf === undefined ? (await now({ id, at }))[0] : await then(id, asOf);
    if (row === undefined || row.balance === null)
      throw new BoonError('not_found', `There is no account "${id}".`);
    const { as_of, lots, ...rest } = row.balance;
    return { ...rest, as_of: instant(as_of), lots: lots.map((lot: Lot) => toLot(lot)) };
  };
}
