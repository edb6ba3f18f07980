/** `boon purchase`: purchases, through the API. */
import type { Command } from 'commander';
import type { Money } from '../../contracts/money.schema.ts';
import { type Purchase, packageText, priceText } from '../../contracts/purchases/purchase.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { moneyIn } from '../money.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const PURCHASE = 'pur_06bq2n6y3v8k5s7r1x4z9m0c2d';

export function fillPurchase(purchase: Command, terminal: Terminal): void {
  withExamples(purchase, [
    'package list',
    'purchase create ada credits-100',
    'purchase list ada',
    `refund create ${PURCHASE} --reason "bought twice by mistake"`,
  ]);
  for (const make of [create, list, show, correctRefunded]) purchase.addCommand(make(terminal));
}

type Create = { saveCard?: true; idempotencyKey?: string };

function create(terminal: Terminal): Command {
  const command = newCommand('create', 'Begin a purchase, which is paid on the provider’s page', [
    'purchase create ada credits-100',
  ])
    .argument('<account>', 'who buys')
    .argument('<package>', 'what; see `boon package list`')
    .option('--save-card', 'ask for a card that automatic top-ups may charge');
  return withKey(command, 'buys twice').action(
    async (account_id: string, name: string, options: Create, command: Command) => {
      const body = { account_id, package: name, ...given({ save_card: options.saveCard }) };
      const purchase = await (await apiClient(terminal.env)).purchases.create(body, keyOf(options));
      answer(terminal, command, purchase, purchaseBlocks(purchase));
    },
  );
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a purchase', [`purchase show ${PURCHASE}`])
    .argument('<purchase>', 'its id')
    .action(async (id: string, _options: object, command: Command) => {
      const purchase = await (await apiClient(terminal.env)).purchases.get(id);
      answer(terminal, command, purchase, purchaseBlocks(purchase));
    });
}

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List an account’s purchases, the latest first', [
    'purchase list ada',
  ]).argument('<account>', 'the account');
  return withPaging(command).action(async (account: string, paging: Paging, command: Command) => {
    const { purchases } = await apiClient(terminal.env);
    const page = await rowsOf(paging, (query) => purchases.list(account, query));
    const rows = page.data.map((one) => [
      one.id,
      one.status,
      packageText(one),
      priceText(one.price),
      one.created_at,
    ]);
    const headings = ['purchase', 'status', 'brings', 'price', 'begun at'];
    answer(terminal, command, page, [table(headings, rows, 'No purchases.'), ...more(page)]);
  });
}

type Correction = { refunded: string; reason: string; idempotencyKey?: string };

function correctRefunded(terminal: Terminal): Command {
  const command = newCommand(
    'correct-refunded',
    'Correct what Boon believes that the provider has given back of a purchase',
    [`purchase correct-refunded ${PURCHASE} --refunded 0 --reason "the refund failed, case 4711"`],
  )
    .argument('<purchase>', 'its id')
    .requiredOption(
      '--refunded <money>',
      'the total that the provider shows, in the purchase’s currency, such as 2.80',
    )
    .requiredOption('--reason <text>', 'why; it is kept in the record');
  return withKey(command, 'corrects twice').action(
    async (id: string, options: Correction, command: Command) => {
      const { purchases } = await apiClient(terminal.env);
      const { currency } = (await purchases.get(id)).price;
      const body = { refunded: moneyIn(currency, options.refunded), reason: options.reason };
      const purchase = await purchases.correctRefunded(id, body, keyOf(options));
      answer(terminal, command, purchase, purchaseBlocks(purchase));
    },
  );
}

function purchaseBlocks(purchase: Purchase): Block[] {
  const failed = purchase.refunds
    .filter(({ status }) => status === 'failed')
    .map((one) => `refund of ${priceText(one.amount)} (${one.reason_code})`)
    .join(', ');
  return [
    fields({
      purchase: purchase.id,
      account: purchase.account_id,
      brings: packageText(purchase),
      price: priceText(purchase.price),
      status: purchase.status,
      'pay at': purchase.status === 'open' ? purchase.checkout?.url : undefined,
      'paid at': purchase.paid_at,
      tax: some(purchase.tax),
      refunded: some(purchase.refunded),
      refunding: some(purchase.refunding),
      refunds: purchase.refunds.map(({ id }) => id).join(' ') || undefined,
      failed: failed === '' ? undefined : failed,
      owed: purchase.owed === '0' ? undefined : `${purchase.owed} credits`,
    }),
  ];
}

/** Not shown where it is nothing. */
function some(money: Money | null): string | undefined {
  return money === null || money.amount === 0 ? undefined : priceText(money);
}
