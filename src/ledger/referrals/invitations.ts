/** Invitations, grouped: the TypeScript side of `invite`. */

import { BoonError } from '../../contracts/errors.ts';
import type { Referral } from '../../contracts/referrals/referral.ts';
import type { AccountId, ReferralId } from '../../domain/ids.ts';
import { isDisposable } from '../accounts/disposable-address.ts';
import { type AddressVault, makeToken, tokenHash } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, isTaken } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { toReferral } from './referral-rows.ts';

export type InviteRequest = Write & {
  id: ReferralId;
  program: string;
  referrer_id: AccountId;
  email: string;
};

/** Makes the function behind `Referrals.invite`. */
export function makeInvite(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
): (request: InviteRequest) => Promise<Recorded<Referral>> {
  const invite = makeArrayCall<InviteRequest, { referral: Referral }>(database, {
    name: 'invite',
    text: 'SELECT i, replayed, result FROM boon_code.invite($1, $2)',
    values: () => [policyVersion()],
    toRow({ key, at, id, program, referrer_id, email }, i) {
      const email_index = vault.indexOf(email);
      const token = makeToken();
      return {
        i,
        key,
        at,
        id,
        program,
        referrer_id,
        disposable: isDisposable(email),
        // Of the keyed digest: whoever reads the database must not be able to try addresses on this one.
        input_hash: inputHash({ program, referrer_id, email_index }),
        email_sealed: vault.seal(email),
        email_index,
        token_hash: tokenHash(token),
        token_sealed: vault.seal(token),
      };
    },
  });
  return async (request) => {
    try {
      const { value, replayed } = await invite(request);
      return { value: toReferral(value.referral), replayed };
    } catch (error) {
      if (!isTaken(error, 'referrals_pkey')) throw error;
      throw new BoonError('idempotency_mismatch', `"${request.id}" was invited under another key.`, {
        cause: error,
      });
    }
  };
}
