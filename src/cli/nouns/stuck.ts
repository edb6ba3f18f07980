/** `boon stuck`: what the schedules could not do, through the API. */
import { type Command, Option } from 'commander';
import { STUCK_DUTIES, type StuckDuty, type StuckItem, WHOLE_DUTY } from '../../contracts/stuck-item.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { UsedWrongly } from '../failure.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const STUCK = 'stk_2f1c0a9b8d7e6f5a4b3c2d1e';

export function fillStuck(stuck: Command, terminal: Terminal): void {
  withExamples(stuck, [
    'stuck list',
    'stuck list --what gift_ends',
    `stuck retry ${STUCK}`,
    'stuck retry --all',
  ]);
  for (const make of [list, retry]) stuck.addCommand(make(terminal));
}

type List = Paging & { what?: StuckDuty };

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List what is stuck, the longest first', [
    'stuck list --what gift_ends',
  ]).addOption(whatOption());
  return withPaging(command).action(async (options: List, command: Command) => {
    const { stuck } = await apiClient(terminal.env);
    const filter = given({ what: options.what });
    const page = await rowsOf(options, (query) => stuck.list({ ...filter, ...query }));
    answer(terminal, command, page, [itemTable(page.data), ...more(page)]);
  });
}

type Retry = { all?: true; what?: StuckDuty; idempotencyKey?: string };

function retry(terminal: Terminal): Command {
  const command = newCommand('retry', 'Have the next scheduled run try it again', [
    `stuck retry ${STUCK}`,
    'stuck retry --all',
  ])
    .argument('[id]', 'the stuck item')
    .option('--all', 'everything that is stuck')
    .addOption(whatOption());
  return withKey(command, 'asks twice for one item').action(
    async (id: string | undefined, options: Retry, command: Command) => {
      const { all, what } = options;
      if ((id === undefined) !== (all === true || what !== undefined)) {
        throw new UsedWrongly('Name one stuck item, or --what it is, or --all.');
      }
      const { stuck } = await apiClient(terminal.env);
      const items: StuckItem[] = [];
      if (id !== undefined) items.push(await stuck.retry(id, keyOf(options)));
      else for await (const { id } of stuck.listAll(given({ what }))) items.push(await stuck.retry(id));
      const when = 'The next run tries them: within a minute, or five for expiry.';
      answer(terminal, command, { data: items }, [
        itemTable(items),
        ...(items.length === 0 ? [] : ['', when]),
      ]);
    },
  );
}

function whatOption(): Option {
  return new Option('--what <duty>', 'only what this duty could not do').choices(Object.keys(STUCK_DUTIES));
}

function itemTable(items: readonly StuckItem[]): Block {
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
  return table(headings, rows, 'Nothing is stuck.');
}
