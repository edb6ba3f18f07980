/** Acceptance of gifts of banked resets, grouped: the TypeScript side of `accept_reset_gifts`. */
import { BoonError } from '../../contracts/errors.ts';
import type { Gift } from '../../contracts/gifts/gift.ts';
import type { AddressVault } from '../postgres/address-vault.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, isTaken } from '../postgres/database.ts';
import type { Recorded } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { toGift } from '../postgres/rows.ts';
import type { AcceptRequest } from './accept-gifts.ts';
import { sealedAddress } from './accept-gifts.ts';

/** Makes the function that accepts a gift of a reset; its amount is not looked at. */
export function makeAcceptResetGift(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
): (request: AcceptRequest) => Promise<Recorded<Gift>> {
  const accept = makeArrayCall<AcceptRequest, Gift>(database, {
    name: 'accept_reset_gifts',
    text: 'SELECT i, replayed, result FROM boon_code.accept_reset_gifts($1, $2)',
    values: () => [policyVersion()],
    toRow: (request, i) => toRow(request, i, vault),
    groups: { most: 32, shardOf: (request) => request.from },
  });
  return async (request) => {
    try {
      const { value, replayed } = await accept(request);
      return { value: toGift(value), replayed };
    } catch (error) {
      if (!isTaken(error, 'gifts_pkey')) throw error;
      throw new BoonError('idempotency_mismatch', `"${request.id}" was accepted under another key.`, {
        cause: error,
      });
    }
  };
}

function toRow(request: AcceptRequest, i: number, vault: AddressVault): Record<string, unknown> {
  const { id, key, at, from, to, reset_id, message } = request;
  const row = { i, id, key, at, sender_id: from, reset_id, message };
  if ('account_id' in to)
    return { ...row, input_hash: inputHash({ from, to, reset_id, message }), recipient_id: to.account_id };
  const address = sealedAddress(to.email, vault);
  const { email_index } = address;
  return { ...row, input_hash: inputHash({ from, to: { email_index }, reset_id, message }), ...address };
}
