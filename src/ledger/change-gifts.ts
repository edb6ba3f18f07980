/** What becomes of accepted gifts: the TypeScript side of `boon.act_on_gifts` and `boon.advance_gifts`, grouped. */
import { BoonError } from '../contracts/errors.ts';
import type { Gift, GiftActionRequest } from '../contracts/gift.ts';
import { tokenHash } from './address-vault.ts';
import { type Database, queryRows } from './database.ts';
import { AGAIN, GroupCommit } from './group-commit.ts';
import type { Recorded } from './ledger.ts';
import { type AnswerRow, answerOf, callWithArray, inputHash } from './recorded.ts';
import { toGift } from './rows.ts';

const MOST_IN_A_BATCH = 64;
/** Gifts touch two accounts each, which no shard keeps apart: one writer, so that batches never wait for each other. */
const WRITERS = 1;

/** Makes the function behind `Ledger.actOnGift`. */
export function makeActOnGift(database: Database): (request: GiftActionRequest) => Promise<Recorded<Gift>> {
  const groups = new GroupCommit<GiftActionRequest, AnswerRow<{ gift: Gift }>>({
    writers: WRITERS,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: (request) => request.gift_id,
    run: (batch) =>
      callWithArray(
        database,
        'act_on_gifts',
        'SELECT i, replayed, result FROM boon.act_on_gifts($1)',
        [JSON.stringify(batch.map(toRow))],
        batch.length,
      ),
  });
  return async (request) => {
    const { value, replayed } = answerOf(await groups.submit(request));
    return { value: toGift(value.gift), replayed };
  };
}

function toRow(request: GiftActionRequest, i: number): Record<string, unknown> {
  const { gift_id, action, reason, by, token, account_id } = request;
  const token_hash = token === undefined ? request.token_hash : tokenHash(token);
  return {
    i,
    key: request.key,
    input_hash: inputHash({ gift_id, action, reason, token_hash, account_id }),
    at: request.at,
    gift_id,
    action,
    reason,
    operator: by,
    token_hash,
    account_id,
  };
}

/** `Ledger.advanceGifts`: one call for the whole array, in the order of the ids; unknown ids are left out. */
export async function advanceGifts(database: Database, ids: readonly string[], at: string): Promise<Gift[]> {
  const rows = await queryRows<{ gift: Gift }>(
    database,
    'advance_gifts',
    'SELECT boon.advance_gifts($1, $2) AS gift',
    [ids, at],
  );
  const byId = new Map(rows.map((row) => [row.gift.id, toGift(row.gift)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Makes the function behind `Ledger.advanceGift`: gifts that are due at the same moment settle in one call. */
export function makeAdvanceGift(database: Database): (id: string, at: string) => Promise<Gift> {
  const groups = new GroupCommit<{ id: string; at: string }, Gift | undefined>({
    writers: WRITERS,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: (request) => request.id,
    run: async (batch) => {
      // One call takes one time: those of another moment go next.
      const at = batch[0]?.at ?? '';
      const now = batch.filter((request) => request.at === at);
      const gifts = await advanceGifts(
        database,
        now.map((request) => request.id),
        at,
      );
      const byId = new Map(gifts.map((gift) => [gift.id, gift]));
      return batch.map((request) => (request.at === at ? byId.get(request.id) : AGAIN));
    },
  });
  return async (id, at) => {
    const gift = await groups.submit({ id, at });
    if (gift === undefined) throw new BoonError('not_found', `There is no transfer "${id}".`);
    return gift;
  };
}
