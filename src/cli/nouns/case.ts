/** `boon case`: payments that do not fit what they name, through the API. */
import { type Command, Option } from 'commander';
import type { Money } from '../../contracts/money.schema.ts';
import {
  CASE_STATUSES,
  type CaseStatus,
  caseText,
  type PaymentCase,
} from '../../contracts/purchases/payment-case.ts';
import { priceText } from '../../contracts/purchases/purchase.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const CASE = 'cas_2f1c0a9b8d7e6f5a4b3c2d1e';

export function fillCase(cases: Command, terminal: Terminal): void {
  withExamples(cases, [
    'case list --status open',
    `case show ${CASE}`,
    `case close ${CASE} --reason "refunded at Stripe"`,
  ]);
  for (const make of [list, show, close]) cases.addCommand(make(terminal));
}

type List = Paging & { status?: CaseStatus; account?: string };

function list(terminal: Terminal): Command {
  const summary = 'List payments that do not match what they name, the latest first';
  const command = newCommand('list', summary, ['case list --status open', 'case list --account ada --all'])
    .description(`${summary}. Nothing has moved: a person decides.`)
    .addOption(new Option('--status <status>', 'only with this status').choices(CASE_STATUSES))
    .option('--account <account>', 'only of this account');
  return withPaging(command).action(async (options: List, command: Command) => {
    const { purchases } = await apiClient(terminal.env);
    const filter = given({ status: options.status, account_id: options.account });
    const page = await rowsOf(options, (query) => purchases.cases({ ...filter, ...query }));
    const rows = page.data.map((one) => [
      one.id,
      one.status,
      one.account_id,
      one.reason_code,
      paidText(one),
      one.purchase_id ?? one.invoice_id,
      one.opened_at,
    ]);
    const headings = ['case', 'status', 'account', 'reason', 'paid', 'about', 'opened at'];
    answer(terminal, command, page, [table(headings, rows, 'No cases.'), ...more(page)]);
  });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show a case', [`case show ${CASE}`])
    .argument('<case>', 'its id')
    .action(async (id: string, _options: object, command: Command) => {
      const found = await (await apiClient(terminal.env)).purchases.case(id);
      answer(terminal, command, found, caseBlocks(found));
    });
}

type Close = { reason: string; idempotencyKey?: string };

function close(terminal: Terminal): Command {
  const command = newCommand('close', 'Close a case, with what was decided', [
    `case close ${CASE} --reason "refunded at Stripe"`,
  ])
    .argument('<case>', 'its id')
    .requiredOption('--reason <text>', 'what was decided; it is kept in the record');
  return withKey(command, 'closes twice').action(async (id: string, options: Close, command: Command) => {
    const { purchases } = await apiClient(terminal.env);
    const closed = await purchases.closeCase(id, options.reason, keyOf(options));
    answer(terminal, command, closed, caseBlocks(closed));
  });
}

function caseBlocks(one: PaymentCase): Block[] {
  const money = (price: Money) => (price.amount === 0 ? undefined : moneyText(price));
  return [
    fields({
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
    }),
  ];
}

function paidText({ paid }: PaymentCase): string {
  return paid === null ? 'unknown' : moneyText(paid);
}

/** The provider may name a currency that nobody knows. */
function moneyText({ amount, currency }: Money): string {
  return /^[a-z]{3}$/i.test(currency) ? priceText({ amount, currency }) : `${amount} ${currency}`;
}
