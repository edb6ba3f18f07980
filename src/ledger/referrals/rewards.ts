/** Rewards of qualified referrals, grouped: the TypeScript side of `reward_referrals`. */
import { BoonError } from '../../contracts/errors.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { MOST_IN_A_BATCH } from '../postgres/array-call.ts';
import { type Database, queryBatch } from '../postgres/database.ts';
import { AGAIN, GroupCommit, type LockWait } from '../postgres/group-commit.ts';
import { toReferral } from './referral-rows.ts';

type Due = { id: ReferralId; at: Instant };

/** Makes the function behind `Referrals.rewardReferral`. */
export function makeRewardReferral(database: Database): (id: ReferralId, at: Instant) => Promise<Referral> {
  const groups = new GroupCommit<Due, Referral | undefined>({
    writers: 1,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: (request) => request.id,
    run: (batch, wait) => reward(database, batch, wait),
  });
  return async (id, at) => {
    const referral = await groups.submit({ id, at });
    if (referral === undefined) throw new BoonError('not_found', `There is no referral "${id}".`);
    return referral;
  };
}

async function reward(
  database: Database,
  batch: Due[],
  wait: LockWait,
): Promise<(Referral | typeof AGAIN | undefined)[]> {
  // A referral that stands in it twice is looked at again in the next.
  const ids = batch.map(({ id }) => id);
  const first = batch.filter(({ id }, index) => ids.indexOf(id) === index);
  const rows = await queryBatch<{ referral: Referral }>(
    database,
    'reward_referrals',
    'SELECT boon_code.reward_referrals($1, $2) AS referral',
    [first.map(({ id }) => id), first.map(({ at }) => at)],
    wait,
  );
  const byId = new Map(rows.map(({ referral }) => [referral.id, toReferral(referral)]));
  return batch.map(({ id }, index) => (ids.indexOf(id) === index ? byId.get(id) : AGAIN));
}
