/** `boon purchase`: packages and purchases, through the API. */
import type { Command } from 'commander';
import { type Purchase, packageText, priceText } from '../contracts/purchase.ts';
import { apiClient } from './api.ts';
import { answer, newCommand } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function purchaseCommand(terminal: Terminal): Command {
  const purchase = newCommand('purchase', 'Buy packages of credits and resets, and look at purchases', [
    'purchase packages',
    'purchase create ada credits-100',
    'purchase list ada',
  ]);
  purchase.addCommand(packages(terminal));
  purchase.addCommand(create(terminal));
  purchase.addCommand(show(terminal));
  purchase.addCommand(list(terminal));
  return purchase;
}

function packages(terminal: Terminal): Command {
  return newCommand('packages', 'List what can be bought').action(
    async (_options: object, command: Command) => {
      const sold = await (await apiClient(terminal.env)).purchases.packages();
      const rows = sold.data.map((one) => [one.id, packageText(one), priceText(one.price)]);
      answer(terminal, command, sold, tableLines(['package', 'brings', 'price'], rows, 'Nothing is sold.'));
    },
  );
}

type Create = { saveCard?: true; idempotencyKey?: string };

function create(terminal: Terminal): Command {
  return newCommand('create', 'Begin a purchase, which is paid on the provider’s page', [
    'purchase create ada credits-100',
  ])
    .argument('<account>', 'who buys')
    .argument('<package>', 'what; see `boon purchase packages`')
    .option('--save-card', 'ask for a card that automatic top-ups may charge')
    .option('--idempotency-key <key>', 'the same key never buys twice; left out: a new one')
    .action(async (account_id: string, name: string, options: Create, command: Command) => {
      const { saveCard, idempotencyKey } = options;
      const body = { account_id, package: name, ...(saveCard === undefined ? {} : { save_card: true }) };
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const purchase = await (await apiClient(terminal.env)).purchases.create(body, key);
      answer(terminal, command, purchase, purchaseLines(purchase));
    });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a purchase')
    .argument('<purchase>', 'its id')
    .action(async (id: string, _options: object, command: Command) => {
      const purchase = await (await apiClient(terminal.env)).purchases.get(id);
      answer(terminal, command, purchase, purchaseLines(purchase));
    });
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List an account’s purchases, the latest first')
    .argument('<account>', 'whose')
    .action(async (account: string, _options: object, command: Command) => {
      const page = await (await apiClient(terminal.env)).purchases.list(account, { limit: 100 });
      const rows = page.data.map((one) => [
        one.id,
        one.status,
        packageText(one),
        priceText(one.price),
        one.created_at,
      ]);
      const headings = ['purchase', 'status', 'brings', 'price', 'begun at'];
      answer(terminal, command, page, tableLines(headings, rows, 'No purchases.'));
    });
}

function purchaseLines(purchase: Purchase): string[] {
  return fieldLines({
    purchase: purchase.id,
    account: purchase.account_id,
    brings: packageText(purchase),
    price: priceText(purchase.price),
    status: purchase.status,
    'pay at': purchase.status === 'open' ? purchase.checkout?.url : undefined,
    'paid at': purchase.paid_at,
    owed: purchase.owed === '0' ? undefined : `${purchase.owed} credits`,
  });
}
