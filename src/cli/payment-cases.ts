/** `boon purchase cases`: payments that do not fit what they name, through the API. */
import { type Command, Option } from 'commander';
import type { Money } from '../contracts/money.schema.ts';
import {
  CASE_STATUSES,
  type CaseStatus,
  caseText,
  type PaymentCase,
} from '../contracts/purchases/payment-case.ts';
import { priceText } from '../contracts/purchases/purchase.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

type List = { status?: CaseStatus; account?: string; limit: number; cursor?: string };

export function casesCommand(terminal: Terminal): Command {
  const cases = newCommand(
    'cases',
    'List payments that do not match what they name: nothing has moved, a person decides',
    [
      'purchase cases --status open',
      'purchase cases show cas_2f1c0a9b8d7e6f5a4b3c2d1e',
      'purchase cases close cas_2f1c0a9b8d7e6f5a4b3c2d1e --reason "refunded at Stripe"',
    ],
  )
    .addOption(new Option('--status <status>', 'only those that are').choices(CASE_STATUSES))
    .option('--account <account>', 'only of this account')
    .option('--limit <count>', 'at most this many, up to 100', wholeNumber(1), 20)
    .option('--cursor <cursor>', 'continue from the previous page')
    .action(async ({ status, account, limit, cursor }: List, command: Command) => {
      const page = await (await apiClient(terminal.env)).purchases.cases({
        limit,
        ...(status === undefined ? {} : { status }),
        ...(account === undefined ? {} : { account_id: account }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const rows = page.data.map((one) => [
        one.id,
        one.status,
        one.account_id,
        one.purchase_id ?? one.invoice_id,
        one.reason_code,
        paidText(one),
        one.opened_at,
      ]);
      const headings = ['case', 'status', 'account', 'about', 'reason', 'paid', 'opened at'];
      const more = page.next_cursor === null ? [] : ['', `More: --cursor ${page.next_cursor}`];
      answer(terminal, command, page, [...tableLines(headings, rows, 'No cases.'), ...more]);
    });
  cases.addCommand(show(terminal));
  cases.addCommand(close(terminal));
  return cases;
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a case')
    .argument('<case>', 'its id')
    .action(async (id: string, _options: object, command: Command) => {
      const found = await (await apiClient(terminal.env)).purchases.case(id);
      answer(terminal, command, found, caseLines(found));
    });
}

function close(terminal: Terminal): Command {
  return newCommand('close', 'Close a case, with what was decided')
    .argument('<case>', 'its id')
    .requiredOption('--reason <text>', 'what was decided; it is kept in the record')
    .option('--idempotency-key <key>', 'the same key never closes twice; left out: a new one')
    .action(
      async (
        id: string,
        { reason, idempotencyKey }: { reason: string; idempotencyKey?: string },
        command: Command,
      ) => {
        const key = idempotencyKey === undefined ? {} : { idempotencyKey };
        const closed = await (await apiClient(terminal.env)).purchases.closeCase(id, reason, key);
        answer(terminal, command, closed, caseLines(closed));
      },
    );
}

function caseLines(one: PaymentCase): string[] {
  const money = (price: Money) => (price.amount === 0 ? undefined : moneyText(price));
  return fieldLines({
    case: one.id,
    status: one.status,
    account: one.account_id,
    purchase: one.purchase_id,
    invoice: one.invoice_id,
    why: caseText(one.reason_code),
    paid: paidText(one),
    wanted: priceText(one.price),
    payment: one.payment_id,
    page: one.checkout_id,
    message: one.event,
    refunded: money(one.refunded),
    disputed: money(one.disputed),
    'opened at': one.opened_at,
    'closed at': one.closed_at,
    'closed by': one.closed_by,
    decided: one.close_reason,
  });
}

function paidText({ paid }: PaymentCase): string {
  return paid === null ? 'not told' : moneyText(paid);
}

/** The provider may name a currency that nobody knows. */
function moneyText({ amount, currency }: Money): string {
  return /^[a-z]{3}$/i.test(currency) ? priceText({ amount, currency }) : `${amount} ${currency}`;
}
