/** `boon account list`: accounts, through the API. */
import { type Command, Option } from 'commander';
import type { AccountFilter } from '../../contracts/accounts/account.schema.ts';
import { ACCOUNT_KINDS, ACCOUNT_STATUSES, PLANS } from '../../domain/account.ts';
import { apiClient } from '../api.ts';
import { answer, given, newCommand } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

type Options = Paging & Omit<AccountFilter, 'org_id'> & { org?: string };

export function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List accounts, by their ids', [
    'account list --plan plus --status frozen',
    'account list --org acme --all',
  ])
    .addOption(new Option('--plan <plan>', 'only on this plan').choices(PLANS))
    .addOption(new Option('--status <status>', 'only with this status').choices(ACCOUNT_STATUSES))
    .addOption(new Option('--kind <kind>', 'only of this kind').choices(ACCOUNT_KINDS))
    .option('--cohort <cohort>', 'only of this cohort')
    .option('--org <account>', 'only members of this organisation');
  return withPaging(command).action(async (options: Options, command: Command) => {
    const { plan, status, kind, cohort, org } = options;
    const filter = given({ plan, status, kind, cohort, org_id: org });
    const { accounts } = await apiClient(terminal.env);
    const page = await rowsOf(options, (query) => accounts.list({ ...filter, ...query }));
    const rows = page.data.map(({ id, kind, plan, status, org_id }) => [id, kind, plan, status, org_id]);
    const headings = ['account', 'kind', 'plan', 'status', 'organisation'];
    answer(terminal, command, page, [table(headings, rows, 'No accounts.'), ...more(page)]);
  });
}
