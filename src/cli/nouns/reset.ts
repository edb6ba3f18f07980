/** `boon reset`: banked resets, looked at and granted through the API. */
import type { Command } from 'commander';
import type { Reset } from '../../contracts/resets/reset.schema.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, wholeNumber, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { redeem } from './reset-redeem.ts';

export function fillReset(reset: Command, terminal: Terminal): void {
  withExamples(reset, [
    'reset list ada',
    'reset grant ada --count 2 --reason "outage of 3 May"',
    'reset redeem ada --preview',
  ]);
  for (const make of [list, grant, redeem]) reset.addCommand(make(terminal));
}

function list(terminal: Terminal): Command {
  const command = newCommand(
    'list',
    'List an account’s resets: those that can be redeemed first, the soonest to expire on top',
    ['reset list ada'],
  ).argument('<account>', 'the account');
  return withPaging(command).action(async (account: string, paging: Paging, command: Command) => {
    const { resets } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => resets.list(account, query));
    answer(terminal, command, page, [...resetBlocks(page.data), ...more(page)]);
  });
}

type Grant = { count: number; reason: string; program?: string; idempotencyKey?: string };

function grant(terminal: Terminal): Command {
  const command = newCommand('grant', 'Bank resets for an account', [
    'reset grant ada --reason "ticket 4711"',
  ])
    .argument('<account>', 'who gets them')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option('--count <count>', 'how many', wholeNumber(1), 1)
    .option('--program <name>', 'the program to count them to');
  return withKey(command, 'grants twice').action(
    async (account_id: string, options: Grant, command: Command) => {
      const { count, reason, program } = options;
      const body = { account_id, count, reason, ...given({ program }) };
      const granted = await (await apiClient(terminal.env)).resets.grant(body, keyOf(options));
      answer(terminal, command, granted, resetBlocks(granted.resets));
    },
  );
}

function resetBlocks(resets: readonly Reset[]): Block[] {
  const rows = resets.map((one) => [
    one.id,
    one.status,
    one.source,
    one.program,
    one.granted_at,
    one.expires_at,
  ]);
  return [table(['reset', 'status', 'source', 'program', 'granted at', 'expires at'], rows, 'No resets.')];
}
