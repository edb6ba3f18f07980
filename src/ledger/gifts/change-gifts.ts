/** What happens to accepted gifts: the TypeScript side of `act_on_gifts` and `move_gifts`, grouped. */
import { BoonError } from '../../contracts/errors.ts';
import type { Gift, GiftActionRequest } from '../../contracts/gifts/gift.ts';
import type { AccountId, GiftId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { tokenHash } from '../postgres/address-vault.ts';
import { MOST_IN_A_BATCH, makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryBatch, queryRows } from '../postgres/database.ts';
import { AGAIN, GroupCommit, type LockWait } from '../postgres/group-commit.ts';
import type { Recorded } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instantOrNull, toGift } from '../postgres/rows.ts';

/** Gifts touch two accounts each, which their ids do not keep apart: one writer, so that no batch waits for another. */
const WRITERS = 1;
/** Where the accounts are known. Larger batches leave fewer gifts that have no account in common with one of them. */
const BULK_WRITERS = 2;
const BULK_BATCH = 250;

/** Makes the function behind `Ledger.actOnGift`. */
export function makeActOnGift(database: Database): (request: GiftActionRequest) => Promise<Recorded<Gift>> {
  const act = makeArrayCall<GiftActionRequest, { gift: Gift }>(database, {
    name: 'act_on_gifts',
    text: 'SELECT i, replayed, result FROM boon_code.act_on_gifts($1)',
    toRow,
    groups: { writers: WRITERS, shardOf: (request) => request.gift_id },
  });
  return async (request) => {
    const { value, replayed } = await act(request);
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

/** Of a gift that time has moved on: how it stands, and when it is due next; null when it is over. */
export type AdvancedGift = Pick<Gift, 'id' | 'status' | 'deadline'>;

type Due = { id: GiftId; at: Instant; shards: readonly string[] };

/** A function that advances gifts: its statement, and what happens to a row. */
type Advance<Row extends object, Answer> = { name: string; text: string; answerOf: (row: Row) => Answer };

const WHOLE: Advance<{ gift: Gift }, Gift> = {
  name: 'advance_gifts',
  text: 'SELECT boon_code.advance_gifts($1, $2) AS gift',
  answerOf: ({ gift }) => toGift(gift),
};
/** What a gift is besides need not be written, sent and read for thousands. */
const IN_PAGES: Advance<Omit<AdvancedGift, 'deadline'> & { deadline: Date | null }, AdvancedGift> = {
  name: 'advance_gift_page',
  text: 'SELECT id, status, deadline FROM boon_code.advance_gift_page($1, $2)',
  answerOf: ({ deadline, ...gift }) => ({ ...gift, deadline: instantOrNull(deadline) }),
};

/**
 * Makes the functions behind `Ledger.advanceGift`, `Ledger.advanceGifts` and `Ledger.advanceGiftPage`. Of one gift only
 * its own id is known, so there is one writer; of many the accounts are looked up first, and two writers settle apart
 * from each other.
 */
export function makeAdvanceGifts(database: Database): {
  advanceGift: (id: GiftId, at: Instant) => Promise<Gift>;
  advanceGifts: (ids: readonly GiftId[], at: Instant) => Promise<Gift[]>;
  advanceGiftPage: (ids: readonly GiftId[], at: Instant) => Promise<AdvancedGift[]>;
} {
  const groups = <Row extends object, Answer extends AdvancedGift>(
    writers: number,
    most: number,
    how: Advance<Row, Answer>,
  ) =>
    new GroupCommit<Due, Answer | undefined>({
      writers,
      most,
      join: most / 2,
      shardOf: (request) => request.shards,
      run: (batch, wait) => advance(database, how, batch, wait),
    });
  const many = <Row extends object, Answer extends AdvancedGift>(how: Advance<Row, Answer>) => {
    const bulk = groups(BULK_WRITERS, BULK_BATCH, how);
    return async (ids: readonly GiftId[], at: Instant): Promise<Answer[]> => {
      const accounts = await accountsOf(database, ids);
      const gifts = await Promise.all(
        ids.map((id) => bulk.submit({ id, at, shards: accounts.get(id) ?? [id] })),
      );
      return gifts.filter((gift) => gift !== undefined);
    };
  };
  const single = groups(WRITERS, MOST_IN_A_BATCH, WHOLE);
  return {
    async advanceGift(id, at) {
      const gift = await single.submit({ id, at, shards: [id] });
      if (gift === undefined) throw new BoonError('not_found', `There is no transfer "${id}".`);
      return gift;
    },
    advanceGifts: many(WHOLE),
    advanceGiftPage: many(IN_PAGES),
  };
}

/** One call of the database for the batch; unknown gifts are undefined. */
async function advance<Row extends object, Answer extends AdvancedGift>(
  database: Database,
  { name, text, answerOf }: Advance<Row, Answer>,
  batch: Due[],
  wait: LockWait,
): Promise<(Answer | typeof AGAIN | undefined)[]> {
  // A gift that stands in it twice is looked at again in the next.
  const first = new Map(batch.toReversed().map((request) => [request.id, request]));
  const rows = await queryBatch<Row>(
    database,
    name,
    text,
    [[...first.keys()], [...first.values()].map(({ at }) => at)],
    wait,
  );
  const byId = new Map(rows.map(answerOf).map((gift) => [gift.id, gift]));
  return batch.map((request) => (first.get(request.id) === request ? byId.get(request.id) : AGAIN));
}

/** The accounts that each gift's settlement locks. */
async function accountsOf(database: Database, ids: readonly GiftId[]): Promise<Map<GiftId, AccountId[]>> {
  const rows = await queryRows<{ id: GiftId; accounts: AccountId[] }>(
    database,
    'gift_accounts',
    `SELECT id, array_remove(ARRAY[payer_id, sender_id, recipient_id], NULL) AS accounts FROM boon.gifts WHERE id = ANY ($1)`,
    [ids],
  );
  return new Map(rows.map(({ id, accounts }) => [id, accounts]));
}
