/** A write that goes to its array function together with those that are asked for at the same time. */
import type { Database } from './database.ts';
import { GroupCommit, type GroupCommitOptions } from './group-commit.ts';
import type { Recorded } from './recorded.ts';
import { type AnswerRow, answerOf, callWithArray } from './recorded.ts';

/** The usual `most` of a group: larger batches hold their locks too long. */
export const MOST_IN_A_BATCH = 64;

type ArrayCall<Request> = {
  /** Names the prepared statement. */
  name: string;
  /** Selects `i, replayed, result` from the function; the requests are its last parameter. */
  text: string;
  /** The parameters before the requests. */
  values?: () => unknown[];
  /** The request as the function's composite type reads it. */
  toRow: (request: Request, i: number) => Record<string, unknown>;
  /** How calls are grouped, where it is not as usual. */
  groups?: Partial<Omit<GroupCommitOptions<Request, unknown>, 'run'>>;
};

/** Makes the function that asks for one. As usual one writer: such a call locks accounts that its request does not name. */
export function makeArrayCall<Request, Value extends object>(
  database: Database,
  call: ArrayCall<Request>,
): (request: Request) => Promise<Recorded<Value>> {
  const groups = new GroupCommit<Request, AnswerRow<Value>>({
    writers: 1,
    most: MOST_IN_A_BATCH,
    join: 1,
    shardOf: () => [],
    ...call.groups,
    run: (batch, wait) =>
      callWithArray(
        database,
        call.name,
        call.text,
        [...(call.values?.() ?? []), JSON.stringify(batch.map(call.toRow))],
        batch.length,
        wait,
      ),
  });
  return async (request) => answerOf(await groups.submit(request));
}
