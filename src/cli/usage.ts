/** `boon usage`: charges a use through the API, or shows what was charged. */
import type { Command } from 'commander';
import { priceText } from '../contracts/purchases/purchase.ts';
import type { Charge, Pool, Usage } from '../contracts/usage/usage.schema.ts';
import { apiClient } from './api.ts';
import { answer, credits, moment, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type Record = { model?: string; id?: string; at?: string; useCredits?: true };

export function usageCommand(terminal: Terminal): Command {
  const usage = newCommand('usage', 'Charge usage, and show what was charged', [
    'usage record ada codex 2.5',
    'usage list ada',
    'usage pool acme',
  ]);
  usage.addCommand(recordCommand(terminal));
  usage.addCommand(listCommand(terminal));
  usage.addCommand(poolCommand(terminal));
  return usage;
}

function recordCommand(terminal: Terminal): Command {
  return newCommand('record', 'Charge a use: to the plan, then to credits', [
    'usage record ada codex 2.5',
    'usage record ada video 1 --id req_018f --use-credits',
  ])
    .argument('<account>', 'who used it')
    .argument('<product>', 'a product of the rate card')
    .argument('<units>', 'how much of it, such as 3 or 2.5', credits)
    .option('--model <model>', 'left out: the product’s default rate')
    .option('--id <id>', 'the same id is never charged twice; left out: a new one')
    .option('--at <time>', 'when it was used; left out: now', moment)
    .option('--use-credits', 'credits may pay, for an account that wants to be asked')
    .action(async (account_id: string, product: string, units: string, options: Record, command: Command) => {
      const { useCredits, ...given } = options;
      const charged = await (await apiClient(terminal.env)).usage.record({
        account_id,
        product,
        units,
        ...given,
        ...(useCredits === undefined ? {} : { use_credits: true }),
      });
      answer(terminal, command, charged, usageLines(charged));
    });
}

function usageLines({ charged, windows, available }: Usage): string[] {
  const left = ({ used, limit, resets_at }: Usage['windows']['weekly']) =>
    `${used} of ${limit ?? 'no limit'} used${resets_at === null ? '' : `, until ${resets_at}`}`;
  return fieldLines({
    'paid by the plan': charged.plan,
    'paid by credits': charged.credits,
    invoiced: charged.invoiced,
    '5 hours': left(windows.five_hour),
    week: left(windows.weekly),
    'credits left': available,
  });
}

function listCommand(terminal: Terminal): Command {
  return newCommand('list', 'List uses, the latest reported first, each with what paid for it', [
    'usage list ada',
  ])
    .argument('<account>', 'whose')
    .option('--limit <n>', 'how many', wholeNumber(1), 20)
    .action(async (account: string, { limit }: { limit: number }, command: Command) => {
      const { data } = await (await apiClient(terminal.env)).usage.list(account, { limit });
      const row = ({ at, told_at, id, product, model, units, charged, lots }: Charge) => [
        at,
        told_at,
        id,
        model === null ? product : `${product} ${model}`,
        units,
        charged.plan,
        charged.credits,
        lots.map(({ account_id, lot_id, amount }) => `${amount} of ${account_id}’s ${lot_id}`).join(', '),
      ];
      const headings = ['at', 'told at', 'id', 'product', 'units', 'plan', 'credits', 'lots'];
      answer(terminal, command, data, tableLines(headings, data.map(row), 'No usage.'));
    });
}

function poolCommand(terminal: Terminal): Command {
  return newCommand(
    'pool',
    'Show how much members used of an organisation’s credits, and its invoice so far',
    ['usage pool acme'],
  )
    .argument('<organisation>', 'whose credits')
    .action(async (organisation: string, _options: object, command: Command) => {
      const pool = await (await apiClient(terminal.env)).usage.pool(organisation);
      answer(terminal, command, pool, [
        ...fieldLines({
          organisation: pool.account_id,
          available: pool.available,
          spent: `${pool.spent} of ${pool.spending_limit ?? 'no limit'}`,
          month: monthText(pool.month),
          billing: pool.billing,
          ...invoiceFields(pool.invoice),
        }),
        '',
        ...tableLines(
          ['member', 'spent', 'invoiced', 'limit'],
          pool.members.map(({ account_id, spent, invoiced, limit }) => {
            return [account_id, spent, invoiced, limit ?? 'none'];
          }),
          'Nobody has taken anything.',
        ),
      ]);
    });
}

function invoiceFields(invoice: Pool['invoice']): { [name: string]: string } {
  if (invoice === null) return {};
  const { charged, ceiling, total, month } = invoice;
  return {
    'invoice so far': `${charged} of ${ceiling ?? 'no limit'}, ${priceText(total)}`,
    'invoice month': monthText(month),
  };
}

function monthText({ starts_at, ends_at }: Pool['month']): string {
  return `${starts_at} to ${ends_at}`;
}
