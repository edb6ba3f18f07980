/** `boon resets`: banked resets, looked at and granted through the API. */
import type { Command } from 'commander';
import type { Reset } from '../contracts/resets/reset.schema.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function resetsCommand(terminal: Terminal): Command {
  const resets = newCommand('resets', 'List banked resets and grant them; `boon redeem` spends one', [
    'resets list ada',
    'resets grant ada --count 2 --reason "outage of 3 May"',
  ]);
  resets.addCommand(list(terminal));
  resets.addCommand(grant(terminal));
  return resets;
}

function list(terminal: Terminal): Command {
  return newCommand(
    'list',
    'List an account’s resets: those that can be redeemed first, the soonest to expire on top',
  )
    .argument('<account>', 'whose')
    .option('--limit <count>', 'how many at most', wholeNumber(1), 200)
    .action(async (account: string, { limit }: { limit: number }, command: Command) => {
      const client = await apiClient(terminal.env);
      const data: Reset[] = [];
      for await (const reset of client.resets.listAll(account, { limit: Math.min(limit, 100) })) {
        data.push(reset);
        if (data.length === limit) break;
      }
      answer(terminal, command, { data }, resetLines(data));
    });
}

type Grant = { count: number; reason: string; program?: string; idempotencyKey?: string };

function grant(terminal: Terminal): Command {
  return newCommand('grant', 'Bank resets for an account', ['resets grant ada --reason "ticket 4711"'])
    .argument('<account>', 'who gets them')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option('--count <count>', 'how many', wholeNumber(1), 1)
    .option('--program <name>', 'the program to count them to')
    .option('--idempotency-key <key>', 'the same key never grants twice; left out: a new one')
    .action(async (account_id: string, { idempotencyKey, ...options }: Grant, command: Command) => {
      const client = await apiClient(terminal.env);
      const granted = await client.resets.grant(
        { account_id, ...options },
        idempotencyKey === undefined ? {} : { idempotencyKey },
      );
      answer(terminal, command, granted, resetLines(granted.resets));
    });
}

function resetLines(resets: readonly Reset[]): string[] {
  const rows = resets.map((one) => [
    one.id,
    one.status,
    one.source,
    one.program,
    one.granted_at,
    one.expires_at,
  ]);
  return tableLines(['reset', 'status', 'source', 'program', 'granted at', 'expires at'], rows, 'No resets.');
}
