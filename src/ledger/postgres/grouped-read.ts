/** A read that goes to the database together with those that are asked for at the same time. */
import type pg from 'pg';
import { type Database, queryBatch } from './database.ts';
import { GroupCommit } from './group-commit.ts';

type GroupedRead<Request> = {
  /** Names the prepared statement. */
  name: string;
  /** Selects rows with `i`, the place of their request from 1 on; the columns are its last parameters. */
  text: string;
  /** The parameters before the columns. */
  values?: () => unknown[];
  /** The requests as arrays, one a column. */
  columnsOf: (requests: readonly Request[]) => unknown[][];
};

/** One computes while the answer of the other is taken apart. */
const READERS = 2;
/** Fewer than these wait until the reader that is busy comes back. */
const JOIN = 8;
const MOST = 64;

/** Makes the function that asks for one, and answers its rows in their order. */
export function makeGroupedRead<Request, Row extends pg.QueryResultRow>(
  database: Database,
  read: GroupedRead<Request>,
): (request: Request) => Promise<Row[]> {
  const groups = new GroupCommit<Request, Row[]>({
    writers: READERS,
    most: MOST,
    join: JOIN,
    shardOf: () => [],
    async run(requests) {
      const values = [...(read.values?.() ?? []), ...read.columnsOf(requests)];
      const rows = await queryBatch<Row & { i: string }>(database, read.name, read.text, values);
      const answers = requests.map((): Row[] => []);
      for (const row of rows) answers[Number(row.i) - 1]?.push(row);
      return answers;
    },
  });
  return (request) => groups.submit(request);
}
