/** Lists: how many rows, from where on, and whether there is more. */
import type { Command } from 'commander';
import type { Page, PageQuery } from '../client/page.ts';
import { wholeNumber } from './command.ts';
import type { Block } from './table.ts';

/** What the options of a list say. */
export type Paging = { limit: number; cursor?: string; all?: true };

const ROWS = 20;
const MOST_OF_A_PAGE = 100;

/** Adds `--limit`, `--cursor` and `--all`. */
export function withPaging(command: Command): Command {
  return command
    .option('--limit <count>', 'how many rows at most', wholeNumber(1), ROWS)
    .option('--cursor <cursor>', 'continue after an earlier list')
    .option('--all', 'every row, whatever --limit says');
}

/** The rows that were asked for, of as many pages as it takes, with the cursor of what is left. */
export async function rowsOf<P extends Page<unknown>>(
  { limit, cursor, all }: Paging,
  fetchPage: (query: PageQuery) => Promise<P>,
): Promise<P> {
  const pageFrom = (from: string | null | undefined, have: number): Promise<P> => {
    const size = all === true ? MOST_OF_A_PAGE : Math.min(limit - have, MOST_OF_A_PAGE);
    return fetchPage({ limit: size, ...(from == null ? {} : { cursor: from }) });
  };
  const first = await pageFrom(cursor, 0);
  const data = [...first.data];
  let next = first.next_cursor;
  while (next !== null && (all === true || data.length < limit)) {
    const page = await pageFrom(next, data.length);
    data.push(...page.data);
    next = page.next_cursor;
  }
  return { ...first, data, next_cursor: next };
}

/** What stands below a list that has more. */
export function more({ next_cursor }: Pick<Page<unknown>, 'next_cursor'>): Block[] {
  return next_cursor === null ? [] : ['', 'There is more: add --all, or', `  --cursor ${next_cursor}`];
}
