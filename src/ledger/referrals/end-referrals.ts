/** What people and time do to referrals: the TypeScript side of `act_on_referrals` and `expire_referrals`. */

import type { Referral } from '../../contracts/referrals/referral.ts';
import type { ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { toReferral } from './referral-rows.ts';

/** A cancellation with a `reason` is an operator's, one without is the referrer's. */
export type ReferralAction = Write & {
  referral_id: ReferralId;
  action: 'cancel' | 'claw_back';
  reason?: string | undefined;
  by?: string | undefined;
};

/** Makes the function behind `Referrals.actOnReferral`. */
export function makeActOnReferral(
  database: Database,
): (request: ReferralAction) => Promise<Recorded<Referral>> {
  const act = makeArrayCall<ReferralAction, { referral: Referral }>(database, {
    name: 'act_on_referrals',
    text: 'SELECT i, replayed, result FROM boon_code.act_on_referrals($1)',
    toRow: ({ key, at, by, ...asked }, i) => ({
      i,
      key,
      at,
      operator: by,
      input_hash: inputHash(asked),
      ...asked,
    }),
  });
  return async (request) => {
    const { value, replayed } = await act(request);
    return { value: toReferral(value.referral), replayed };
  };
}

/** The function behind `Referrals.expireReferrals`. */
export async function expireReferrals(database: Database, at: Instant, limit: number): Promise<Referral[]> {
  const rows = await queryRows<{ referral: Referral }>(
    database,
    'expire_referrals',
    'SELECT boon_code.expire_referrals($1, $2) AS referral',
    [at, limit],
  );
  return rows.map(({ referral }) => toReferral(referral));
}
