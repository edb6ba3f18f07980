/** Friends who come by a link, grouped: the TypeScript side of `use_links`. */

import type { Referral } from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { tokenHash } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import type { Database } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { toReferral } from './referral-rows.ts';

export type LinkUse = Write & {
  referral_id: ReferralId;
  account_id: AccountId;
  /** When the friend used the link, where that is reported later; else `at`. Not before the invitation, not after `at`. */
  used_at?: Instant | undefined;
  /** The link's token. Checked when it is given: a service that has followed the link itself may leave it out. */
  token?: string | undefined;
};

/** Makes the function behind `Referrals.useLink`. */
export function makeUseLink(database: Database): (request: LinkUse) => Promise<Recorded<Referral>> {
  const use = makeArrayCall<LinkUse, { referral: Referral }>(database, {
    name: 'use_links',
    text: 'SELECT i, replayed, result FROM boon_code.use_links($1)',
    toRow({ key, at, referral_id, account_id, used_at, token }, i) {
      const token_hash = token === undefined ? undefined : tokenHash(token);
      return {
        i,
        key,
        at,
        referral_id,
        account_id,
        used_at,
        token_hash,
        input_hash: inputHash({ referral_id, account_id, used_at, token_hash }),
      };
    },
  });
  return async (request) => {
    const { value, replayed } = await use(request);
    return { value: toReferral(value.referral), replayed };
  };
}
