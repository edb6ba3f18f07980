/** Acceptance of gifts, grouped: the TypeScript side of `accept_gifts`. */

import { BoonError } from '../../contracts/errors.ts';
import type { Funding, Gift } from '../../contracts/gifts/gift.ts';
import { PROMOTIONAL_BUDGET } from '../../domain/account.ts';
import type { Credits } from '../../domain/credits.ts';
import type { AccountId, GiftId, ResetId } from '../../domain/ids.ts';
import { type AddressVault, makeToken, tokenHash } from '../postgres/address-vault.ts';
import { MOST_IN_A_BATCH } from '../postgres/array-call.ts';
import { type Database, isTaken } from '../postgres/database.ts';
import { GroupCommit } from '../postgres/group-commit.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { type AnswerRow, answerOf, callWithArray, inputHash, microOf } from '../postgres/recorded.ts';
import { instant, instantOrNull } from '../postgres/rows.ts';

/** `id` is proposed by the caller; under a known key the recorded gift, with its id, comes back. */
export type AcceptRequest = Write & {
  id: GiftId;
  from: AccountId;
  to: { account_id: AccountId } | { email: string };
  amount: Credits;
  /** Instead of credits, of which the amount is zero then: this banked reset of the sender. */
  reset_id?: ResetId | undefined;
  funding: Funding;
  message: string | null;
};

/** What the ledger decides of a gift; the rest of it is the request. */
type Decided = Pick<
  Gift,
  | 'id'
  | 'status'
  | 'policy_version'
  | 'created_at'
  | 'settles_at'
  | 'claim_expires_at'
  | 'hold_ends_at'
  | 'reason_code'
>;

/** A batch's fixed cost is that of about five gifts, and cores are two. */
const WRITERS = 2;
const JOIN = 3;

/** Makes the function that accepts a gift together with those that are asked for at the same time. */
export function makeAcceptGift(
  database: Database,
  vault: AddressVault,
  policyVersion: () => string,
  onBatch: (size: number) => void = () => undefined,
): (request: AcceptRequest) => Promise<Recorded<Gift>> {
  const groups = new GroupCommit<AcceptRequest, AnswerRow<Decided>>({
    writers: WRITERS,
    most: MOST_IN_A_BATCH,
    join: JOIN,
    // A sender's limits and lots are changed by one writer; so is the budget of promotional gifts.
    shardOf: (request) => (request.funding === 'promotional' ? PROMOTIONAL_BUDGET : request.from),
    run: (batch, wait) => {
      onBatch(batch.length);
      return callWithArray(
        database,
        'accept_gifts',
        'SELECT i, replayed, result FROM boon_code.accept_gifts($1, $2)',
        [policyVersion(), JSON.stringify(batch.map((request, i) => toRow(request, i, vault)))],
        batch.length,
        wait,
      );
    },
  });
  return async (request) => {
    microOf(request.amount); // Refused before it joins a batch.
    try {
      const { value, replayed } = answerOf(await groups.submit(request));
      return { value: toGift(request, value), replayed };
    } catch (error) {
      if (!isTaken(error, 'gifts_pkey')) throw error;
      throw new BoonError('idempotency_mismatch', `"${request.id}" was accepted under another key.`, {
        cause: error,
      });
    }
  };
}

function toRow(request: AcceptRequest, i: number, vault: AddressVault): Record<string, unknown> {
  const { id, key, at, from, to, amount, funding, message } = request;
  const row = {
    i,
    id,
    key,
    at,
    sender_id: from,
    payer_id: funding === 'promotional' ? PROMOTIONAL_BUDGET : from,
    amount: microOf(amount).toString(),
    message,
  };
  if ('account_id' in to)
    return {
      ...row,
      input_hash: inputHash({ from, to, amount, funding, message }),
      recipient_id: to.account_id,
    };
  const address = sealedAddress(to.email, vault);
  const { email_index } = address;
  // Of the keyed digest: whoever reads the database must not be able to try addresses on this one.
  return {
    ...row,
    input_hash: inputHash({ from, to: { email_index }, amount, funding, message }),
    ...address,
  };
}

/** What is stored of an address, with a new claim token. */
export function sealedAddress(email: string, vault: AddressVault) {
  const token = makeToken();
  return {
    email_sealed: vault.seal(email),
    email_index: vault.indexOf(email),
    token_hash: tokenHash(token),
    token_sealed: vault.seal(token),
  };
}

function toGift(request: AcceptRequest, decided: Decided): Gift {
  const settlesAt = instant(decided.settles_at);
  const claimExpiresAt = instantOrNull(decided.claim_expires_at);
  const holdEndsAt = instantOrNull(decided.hold_ends_at);
  return {
    id: decided.id,
    status: decided.status,
    from: request.from,
    to: 'account_id' in request.to ? request.to.account_id : null,
    by_email: 'email' in request.to,
    amount: request.amount,
    funding: request.funding,
    message: request.message,
    policy_version: decided.policy_version,
    created_at: instant(decided.created_at),
    settles_at: settlesAt,
    claim_expires_at: claimExpiresAt,
    hold_ends_at: holdEndsAt,
    settled_at: null,
    reason_code: decided.reason_code,
    reason: null,
    deadline: holdEndsAt ?? claimExpiresAt ?? settlesAt,
    reversal: null,
  };
}
