/** `boon invoice`: what organisations are invoiced. */
import { type Command, Option } from 'commander';
import {
  firstDayOf,
  INVOICE_STATUSES,
  type Invoice,
  type InvoiceStatus,
} from '../../contracts/billing/invoice.ts';
import { invoiceCsv } from '../../contracts/billing/invoice-csv.ts';
import { priceText } from '../../contracts/purchases/purchase.ts';
import { apiClient } from '../api.ts';
import { answer, given, keyOf, newCommand, withExamples, withKey } from '../command.ts';
import { UsedWrongly } from '../failure.ts';
import { moneyIn } from '../money.ts';
import { more, type Paging, rowsOf, withPaging } from '../paging.ts';
import { type Block, fields, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const INVOICE = 'inv_2f1c0a9b8d7e6f5a4b3c2d1e';

export function fillInvoice(invoice: Command, terminal: Terminal): void {
  withExamples(invoice, [
    'invoice list acme',
    `invoice show ${INVOICE}`,
    `invoice mark-paid ${INVOICE} --reference "wire 2026-04-07/118"`,
    `invoice credit ${INVOICE} 12.50 --reason "ticket 4711"`,
  ]);
  for (const make of [list, show, csv, markPaid, credit, voiding]) invoice.addCommand(make(terminal));
}

type List = Paging & { status?: InvoiceStatus; month?: string };

function list(terminal: Terminal): Command {
  const command = newCommand('list', 'List invoices of an organisation, or of all, the latest month first', [
    'invoice list acme',
    'invoice list --status open --month 2026-11',
  ])
    .argument('[organisation]', 'who is invoiced; default: all')
    .addOption(
      new Option('--status <status>', 'of all organisations: only with this status').choices(
        INVOICE_STATUSES,
      ),
    )
    .option('--month <month>', 'of all organisations: billing months that began in it, such as 2026-11');
  return withPaging(command).action(
    async (organisation: string | undefined, options: List, command: Command) => {
      const { status, month } = options;
      if (organisation !== undefined && (status !== undefined || month !== undefined))
        throw new UsedWrongly('Give an organisation, or --status and --month of all.');
      const { invoices } = await apiClient(terminal.env);
      const page = await rowsOf(options, (query) =>
        organisation === undefined
          ? invoices.search({ ...given({ status, month }), ...query })
          : invoices.list(organisation, query),
      );
      const rows = page.data.map((one) => [
        one.id,
        ...(organisation === undefined ? [one.account_id] : []),
        firstDayOf(one),
        one.status,
        one.credits,
        priceText(one.total),
        one.due_at.slice(0, 10),
      ]);
      const whose = organisation === undefined ? ['account'] : [];
      const headings = ['id', ...whose, 'month', 'status', 'credits', 'total', 'due'];
      answer(terminal, command, page, [table(headings, rows, 'No invoices.'), ...more(page)]);
    },
  );
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an invoice with its lines and corrections', [`invoice show ${INVOICE}`])
    .argument('<id>', 'the invoice')
    .action(async (id: string, _options: object, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.get(id);
      const rows = invoice.lines.map(({ member_id, product, model, uses, units, credits, amount }) => {
        return [member_id, product, model, uses, units, credits, priceText(amount)];
      });
      const headings = ['member', 'product', 'model', 'uses', 'units', 'credits', 'amount'];
      const corrections = invoice.corrections.map(({ id, kind, at, reason, total }) => {
        return [id, kind, at.slice(0, 10), priceText(total), reason];
      });
      answer(terminal, command, invoice, [
        ...invoiceBlocks(invoice),
        '',
        table(headings, rows, 'No lines.'),
        '',
        table(['correction', 'kind', 'on', 'amount', 'reason'], corrections, 'No corrections.'),
      ]);
    });
}

function csv(terminal: Terminal): Command {
  return newCommand('csv', 'Print an invoice’s lines as comma-separated values, for a spreadsheet', [
    `invoice csv ${INVOICE} > march.csv`,
  ])
    .argument('<id>', 'the invoice')
    .action(async (id: string, _options: object, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.get(id);
      answer(terminal, command, invoice, invoiceCsv(invoice).trimEnd().split('\r\n'));
    });
}

type MarkPaid = { reference: string; idempotencyKey?: string };

function markPaid(terminal: Terminal): Command {
  const command = newCommand('mark-paid', 'Record that the money of an invoice has arrived', [
    `invoice mark-paid ${INVOICE} --reference "wire 2026-04-07/118"`,
  ])
    .argument('<id>', 'the invoice')
    .requiredOption('--reference <text>', 'by what it was paid');
  return withKey(command, 'records it twice').action(
    async (id: string, options: MarkPaid, command: Command) => {
      const { invoices } = await apiClient(terminal.env);
      const invoice = await invoices.markPaid(id, options.reference, keyOf(options));
      answer(terminal, command, invoice, invoiceBlocks(invoice));
    },
  );
}

type Correct = { reason: string; idempotencyKey?: string };

function credit(terminal: Terminal): Command {
  const command = newCommand('credit', 'Credit a part of an open invoice', [
    `invoice credit ${INVOICE} 12.50 --reason "ticket 4711"`,
  ])
    .argument('<id>', 'the invoice')
    .argument('<amount>', 'how much, in the invoice’s currency, such as 12.50')
    .requiredOption('--reason <text>', 'why; it is kept in the record');
  return withKey(command, 'credits twice').action(
    async (id: string, text: string, options: Correct, command: Command) => {
      const { invoices } = await apiClient(terminal.env);
      const amount = moneyIn((await invoices.get(id)).total.currency, text);
      const note = await invoices.credit(id, amount, options.reason, keyOf(options));
      const { total, credits } = note;
      answer(terminal, command, note, [
        fields({ id: note.id, invoice: id, credited: priceText(total), credits, reason: options.reason }),
      ]);
    },
  );
}

function voiding(terminal: Terminal): Command {
  const command = newCommand('void', 'Void an open invoice: nothing of it is owed any longer', [
    `invoice void ${INVOICE} --reason "billed twice"`,
  ])
    .argument('<id>', 'the invoice')
    .requiredOption('--reason <text>', 'why; it is kept in the record');
  return withKey(command, 'voids twice').action(async (id: string, options: Correct, command: Command) => {
    const { invoices } = await apiClient(terminal.env);
    const invoice = await invoices.void(id, options.reason, keyOf(options));
    answer(terminal, command, invoice, invoiceBlocks(invoice));
  });
}

function invoiceBlocks(invoice: Invoice): Block[] {
  const { id, account_id, status, credits, total, credited, open, due_at, paid_at, voided_at } = invoice;
  return [
    fields({
      id,
      account: account_id,
      month: firstDayOf(invoice),
      status,
      credits,
      total: priceText(total),
      credited: priceText(credited),
      open: priceText(open),
      due: due_at,
      paid: paid_at,
      void: voided_at,
      'pay at': invoice.payment_url,
      mail: invoice.notice,
      'provider disagrees': invoice.provider_fault,
    }),
  ];
}
