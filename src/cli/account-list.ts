/** `boon account list`: accounts, through the API. */
import { type Command, Option } from 'commander';
import type { AccountQuery } from '../client/accounts.ts';
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, PLANS } from '../domain/account.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Options = Omit<AccountQuery, 'org_id' | 'limit'> & { org?: string; limit: number };

export function list(terminal: Terminal): Command {
  return newCommand('list', 'List accounts, by their ids', [
    'account list --plan plus --status frozen',
    'account list --org acme --limit 100',
  ])
    .addOption(new Option('--plan <plan>', 'only on this plan').choices(PLANS))
    .addOption(new Option('--status <status>', 'only those').choices(ACCOUNT_STATUSES))
    .addOption(new Option('--kind <kind>', 'only those').choices(ACCOUNT_KINDS))
    .option('--cohort <cohort>', 'only of this cohort')
    .option('--org <account>', 'only members of this organisation')
    .option('--limit <count>', 'at most this many, up to 100', wholeNumber(1), 20)
    .option('--cursor <cursor>', 'continue from the previous page')
    .action(async ({ org, ...query }: Options, command: Command) => {
      const client = await apiClient(terminal.env);
      const page = await client.accounts.list({ ...query, ...(org === undefined ? {} : { org_id: org }) });
      const rows = page.data.map(({ id, kind, plan, status, org_id }) => [id, kind, plan, status, org_id]);
      const more = page.next_cursor === null ? [] : ['', `More: --cursor ${page.next_cursor}`];
      answer(terminal, command, page, [
        ...tableLines(['id', 'kind', 'plan', 'status', 'organisation'], rows, 'No accounts.'),
        ...more,
      ]);
    });
}
