/** `boon stuck`: what the schedules could not do, through the API. */
import { type Command, Option } from 'commander';
import { STUCK_DUTIES, type StuckDuty, type StuckItem, WHOLE_DUTY } from '../contracts/stuck-item.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { CommandFailed } from './failure.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type List = { what?: StuckDuty; limit: number; cursor?: string };

export function stuckCommand(terminal: Terminal): Command {
  const stuck = newCommand('stuck', 'Look at what the schedules could not do, and have it tried again', [
    'stuck list',
    'stuck list --what gift_ends',
    'stuck retry stk_2f1c0a9b8d7e6f5a4b3c2d1e',
    'stuck retry --all',
  ]);
  stuck.addCommand(list(terminal));
  stuck.addCommand(retry(terminal));
  return stuck;
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List what is stuck, the longest first')
    .addOption(whatOption())
    .option('--limit <count>', 'at most this many, up to 100', wholeNumber(1), 20)
    .option('--cursor <cursor>', 'continue from the previous page')
    .action(async ({ what, limit, cursor }: List, command: Command) => {
      const page = await (await apiClient(terminal.env)).stuck.list({
        limit,
        ...(what === undefined ? {} : { what }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const more = page.next_cursor === null ? [] : ['', `More: --cursor ${page.next_cursor}`];
      answer(terminal, command, page, [...itemLines(page.data), ...more]);
    });
}

function retry(terminal: Terminal): Command {
  return newCommand('retry', 'Have the next run of the schedules try it')
    .argument('[id]', 'the stuck item')
    .option('--all', 'everything that is stuck')
    .addOption(whatOption())
    .action(
      async (id: string | undefined, { all, what }: { all?: true; what?: StuckDuty }, command: Command) => {
        const { stuck } = await apiClient(terminal.env);
        if ((id === undefined) !== (all === true || what !== undefined)) {
          throw new CommandFailed('Name one stuck item, or --what it is, or --all.');
        }
        const items: StuckItem[] = [];
        if (id !== undefined) items.push(await stuck.retry(id));
        else {
          for await (const { id } of stuck.listAll(what === undefined ? {} : { what }))
            items.push(await stuck.retry(id));
        }
        answer(terminal, command, { data: items }, [
          ...itemLines(items),
          ...(items.length === 0
            ? []
            : ['', 'The next run tries them: within a minute, or five for expiry.']),
        ]);
      },
    );
}

function whatOption(): Option {
  return new Option('--what <duty>', 'only what this duty could not do').choices(Object.keys(STUCK_DUTIES));
}

function itemLines(items: readonly StuckItem[]): string[] {
  const rows = items.map(({ id, what, item, since, tries, next_try_at, last_error }) => [
    id,
    what,
    item === WHOLE_DUTY ? 'the whole duty' : item,
    since,
    tries,
    next_try_at,
    last_error,
  ]);
  const headings = ['id', 'what', 'item', 'since', 'tries', 'next try', 'last error'];
  return tableLines(headings, rows, 'Nothing is stuck.');
}
