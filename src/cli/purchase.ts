/** `boon purchase`: packages and purchases, through the API. */
import type { Command } from 'commander';
import type { Money } from '../contracts/money.schema.ts';
import { coinsOf, type Purchase, packageText, priceText } from '../contracts/purchases/purchase.ts';
import type { Refund } from '../contracts/purchases/refund.ts';
import { apiClient } from './api.ts';
import { answer, newCommand } from './command.ts';
import { casesCommand } from './payment-cases.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function purchaseCommand(terminal: Terminal): Command {
  const purchase = newCommand(
    'purchase',
    'Buy packages of credits and resets, look at purchases and refund them',
    [
      'purchase packages',
      'purchase create ada credits-100',
      'purchase list ada',
      'purchase refund pur_01m7… --reason "bought twice by mistake"',
      'purchase cases --status open',
    ],
  );
  purchase.addCommand(packages(terminal));
  purchase.addCommand(create(terminal));
  purchase.addCommand(show(terminal));
  purchase.addCommand(list(terminal));
  purchase.addCommand(refund(terminal));
  purchase.addCommand(correctRefunded(terminal));
  purchase.addCommand(casesCommand(terminal));
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

type RefundOptions = { reason: string; amount?: string; includeSpent?: true; idempotencyKey?: string };

function refund(terminal: Terminal): Command {
  return newCommand('refund', 'Give the money of a purchase back, and take what it bought', [
    'purchase refund pur_01m7… --reason "bought twice by mistake"',
    'purchase refund pur_01m7… --amount 2.80 --reason "thirty credits were used"',
  ])
    .argument('<purchase>', 'its id')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option(
      '--amount <money>',
      'in the purchase’s currency, such as 2.80; left out: all that is left of what was paid',
    )
    .option('--include-spent', 'refund what was spent too; such credits are then owed')
    .option('--idempotency-key <key>', 'the same key never refunds twice; left out: a new one')
    .action(async (id: string, options: RefundOptions, command: Command) => {
      const { reason, amount: text, includeSpent, idempotencyKey } = options;
      const { purchases } = await apiClient(terminal.env);
      const currency = text === undefined ? '' : (await purchases.get(id)).price.currency;
      const amount = text === undefined ? undefined : coinsOf(text, currency);
      if (text !== undefined && (amount === undefined || amount === 0))
        return command.error(`error: "${text}" is no amount of ${currency}.`);
      const body = {
        reason,
        ...(amount === undefined ? {} : { amount: { amount, currency } }),
        ...(includeSpent === undefined ? {} : { include_spent: true }),
      };
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const asked = await purchases.refund(id, body, key);
      answer(terminal, command, asked, refundLines(asked));
    });
}

type Correction = { refunded: string; reason: string; idempotencyKey?: string };

function correctRefunded(terminal: Terminal): Command {
  return newCommand(
    'correct-refunded',
    'Correct what Boon believes that the provider has given back of a purchase',
    ['purchase correct-refunded pur_01m7… --refunded 0 --reason "the refund failed, case 4711"'],
  )
    .argument('<purchase>', 'its id')
    .requiredOption(
      '--refunded <money>',
      'the total that the provider shows, in the purchase’s currency, such as 2.80',
    )
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .option('--idempotency-key <key>', 'the same key never corrects twice; left out: a new one')
    .action(async (id: string, options: Correction, command: Command) => {
      const { reason, idempotencyKey } = options;
      const { purchases } = await apiClient(terminal.env);
      const { currency } = (await purchases.get(id)).price;
      const amount = coinsOf(options.refunded, currency);
      if (amount === undefined)
        return command.error(`error: "${options.refunded}" is no amount of ${currency}.`);
      const key = idempotencyKey === undefined ? {} : { idempotencyKey };
      const purchase = await purchases.correctRefunded(id, { refunded: { amount, currency }, reason }, key);
      answer(terminal, command, purchase, purchaseLines(purchase));
    });
}

function refundLines(refund: Refund): string[] {
  const { taken_back: taken, owed } = refund;
  return fieldLines({
    refund: refund.id,
    purchase: refund.purchase_id,
    account: refund.account_id,
    amount: priceText(refund.amount),
    status: refund.status,
    'taken back':
      taken.resets > 0 ? packageText({ credits: '0', resets: taken.resets }) : `${taken.credits} credits`,
    owed: owed === '0' ? undefined : `${owed} credits`,
  });
}

function purchaseLines(purchase: Purchase): string[] {
  const failed = purchase.refunds
    .filter(({ status }) => status === 'failed')
    .map((one) => `refund of ${priceText(one.amount)} (${one.reason_code})`)
    .join(', ');
  return fieldLines({
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
    failed: failed === '' ? undefined : failed,
    owed: purchase.owed === '0' ? undefined : `${purchase.owed} credits`,
  });
}

/** Not shown where it is nothing. */
function some(money: Money | null): string | undefined {
  return money === null || money.amount === 0 ? undefined : priceText(money);
}
