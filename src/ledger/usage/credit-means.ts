/** What credits could pay beyond the plan, and what limits their spending: the TypeScript side of `credit_means`. */
import { BoonError } from '../../contracts/errors.ts';
import type { BeyondPlan } from '../../contracts/resets/reset.schema.ts';
import { type Credits, formatCredits } from '../../domain/credits.ts';
import type { AccountId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { CreditRefusal } from '../../domain/usage-reasons.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import { makeGroupedRead } from '../postgres/grouped-read.ts';
import { instant } from '../postgres/rows.ts';

export type CreditMeans = {
  /** Null: credits go on by themselves where the plan ends. */
  refused: CreditRefusal | null;
  /** What the organisation's credits and the account's own could pay and what may be invoiced, as a decimal string. */
  payable: Credits;
  /** Whether the organisation is invoiced for whatever its member uses. */
  unlimited: boolean;
  /** Whether an organisation's credits pay first. */
  member: boolean;
  /** The limit in this billing month: the member's on the organisation's credits, else the account's own; null is none. */
  spending: { limit: Credits; spent: Credits; resets_at: Instant } | null;
};

type MeansRow = {
  refused: CreditRefusal | null;
  payable: string;
  unlimited: boolean;
  member: boolean;
  spending_limit: string | null;
  spent: string;
  resets_at: Date;
};

/** The function behind `Metering.creditMeans`. */
export async function creditMeans(
  database: Database,
  policyVersion: string,
  accountId: AccountId,
  product: string,
  at: Instant,
): Promise<CreditMeans> {
  const row = await queryRow<MeansRow>(
    database,
    'credit_means',
    'SELECT refused, payable, unlimited, member, spending_limit, spent, resets_at FROM boon_code.credit_means($1, $2, $3, $4)',
    [policyVersion, accountId, product, at],
  );
  if (row === undefined) throw new BoonError('not_found', `There is no account "${accountId}".`);
  const { refused, payable, unlimited, member, spending_limit, spent, resets_at } = row;
  return {
    refused,
    payable: formatCredits(BigInt(payable)),
    unlimited,
    member,
    spending:
      spending_limit === null
        ? null
        : {
            limit: formatCredits(BigInt(spending_limit)),
            spent: formatCredits(BigInt(spent)),
            resets_at: instant(resets_at),
          },
  };
}

type BeyondPlanRow = Pick<MeansRow, 'refused' | 'payable' | 'unlimited'> & { product: string };

/** Makes the function behind `Metering.beyondPlan`: the same for each product that the plan lets credits pay for. */
export function makeBeyondPlan(
  database: Database,
  policyVersion: () => string,
): (accountId: AccountId, at: Instant) => Promise<BeyondPlan[]> {
  const read = makeGroupedRead<{ id: AccountId; at: Instant }, BeyondPlanRow>(database, {
    name: 'beyond_plans',
    text: `SELECT r.i, m.* FROM unnest($2::text[], $3::timestamptz[]) WITH ORDINALITY AS r (id, at, i)
      CROSS JOIN LATERAL (SELECT product, refused, payable, unlimited FROM boon_code.credit_means($1, r.id, NULL::text[], r.at) OFFSET 0) m`,
    values: () => [policyVersion()],
    columnsOf: (requests) => [requests.map(({ id }) => id), requests.map(({ at }) => at)],
  });
  return async (id, at) => {
    const rows = await read({ id, at });
    return rows.map(({ product, refused, payable, unlimited }) => ({
      product,
      allowed: refused === null,
      reason_code: refused,
      up_to: unlimited ? null : formatCredits(BigInt(payable)),
    }));
  };
}
