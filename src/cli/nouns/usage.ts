/** `boon usage`: charges a use through the API, or shows what was charged. */
import type { Command } from 'commander';
import { priceText } from '../../contracts/purchases/purchase.ts';
import type { Charge, Pool, Usage } from '../../contracts/usage/usage.schema.ts';
import { apiClient } from '../api.ts';
import { answer, credits, given, moment, newCommand, withExamples } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function fillUsage(usage: Command, terminal: Terminal): void {
  withExamples(usage, ['usage record ada codex 2.5', 'usage list ada', 'usage pool acme']);
  for (const make of [record, list, pool]) usage.addCommand(make(terminal));
}

type Record = { model?: string; id?: string; at?: string; useCredits?: true };

function record(terminal: Terminal): Command {
  return newCommand('record', 'Charge a use: to the plan, then to credits', [
    'usage record ada codex 2.5',
    'usage record ada video 1 --id req_018f --use-credits',
  ])
    .argument('<account>', 'who used it')
    .argument('<product>', 'a product of the rate card')
    .argument('<units>', 'how much of it, such as 3 or 2.5', credits)
    .option('--model <model>', 'the model; default: the product’s default rate')
    .option('--id <id>', 'the same id is never charged twice; default: a new one')
    .option('--at <time>', 'when it was used; default: now', moment)
    .option('--use-credits', 'credits may pay, for an account that wants to be asked')
    .action(async (account_id: string, product: string, units: string, options: Record, command: Command) => {
      const { model, id, at, useCredits } = options;
      const body = { account_id, product, units, ...given({ model, id, at, use_credits: useCredits }) };
      const charged = await (await apiClient(terminal.env)).usage.record(body);
      answer(terminal, command, charged, usageBlocks(charged));
    });
}

function usageBlocks({ charged, windows, available }: Usage): Block[] {
  const left = ({ used, limit, resets_at }: Usage['windows']['weekly']) =>
    `${used} of ${limit ?? 'no limit'} used${resets_at === null ? '' : `, until ${resets_at}`}`;
  return [
    fields({
      'paid by the plan': charged.plan,
      'paid by credits': charged.credits,
      invoiced: charged.invoiced,
      '5 hours': left(windows.five_hour),
      week: left(windows.weekly),
      'credits left': available,
    }),
  ];
}

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List uses, the latest reported first, each with what paid for it', [
    'usage list ada',
  ]).argument('<account>', 'the account');
  return withPaging(command).action(async (account: string, paging: Paging, command: Command) => {
    const { usage } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => usage.list(account, query));
    const row = ({ at, told_at, id, product, model, units, charged, lots }: Charge) => [
      at,
      id,
      model === null ? product : `${product} ${model}`,
      units,
      charged.plan,
      charged.credits,
      told_at,
      lots.map(({ account_id, lot_id, amount }) => `${amount} of ${account_id}’s ${lot_id}`).join(', '),
    ];
    const headings = ['at', 'id', 'product', 'units', 'plan', 'credits', 'reported at', 'lots'];
    answer(terminal, command, page, [table(headings, page.data.map(row), 'No usage.'), ...more(page)]);
  });
}

function pool(terminal: Terminal): Command {
  return newCommand(
    'pool',
    'Show how much members used of an organisation’s credits, and its invoice so far',
    ['usage pool acme'],
  )
    .argument('<organisation>', 'whose credits')
    .action(async (organisation: string, _options: object, command: Command) => {
      const pool = await (await apiClient(terminal.env)).usage.pool(organisation);
      answer(terminal, command, pool, [
        fields({
          organisation: pool.account_id,
          available: pool.available,
          spent: `${pool.spent} of ${pool.spending_limit ?? 'no limit'}`,
          month: monthText(pool.month),
          billing: pool.billing,
          ...invoiceFields(pool.invoice),
        }),
        '',
        table(
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
