/** `boon invoices`: what organisations are invoiced. */
import type { Command } from 'commander';
import { firstDayOf, type Invoice } from '../contracts/billing/invoice.ts';
import { invoiceCsv } from '../contracts/billing/invoice-csv.ts';
import { coinsOf, priceText } from '../contracts/purchases/purchase.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function invoicesCommand(terminal: Terminal): Command {
  const invoices = newCommand(
    'invoices',
    'Look at invoices of organisations, mark them paid, and correct them',
    [
      'invoices list acme',
      'invoices show inv_2f1c0a9b8d7e6f5a4b3c2d1e',
      'invoices mark-paid inv_2f1c0a9b8d7e6f5a4b3c2d1e --reference "wire 2026-04-07/118"',
      'invoices credit inv_2f1c0a9b8d7e6f5a4b3c2d1e 12.50 --reason "ticket 4711"',
    ],
  );
  invoices.addCommand(list(terminal));
  invoices.addCommand(show(terminal));
  invoices.addCommand(csv(terminal));
  invoices.addCommand(markPaid(terminal));
  invoices.addCommand(credit(terminal));
  invoices.addCommand(voiding(terminal));
  return invoices;
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List an organisation’s invoices, the latest month first')
    .argument('<organisation>', 'who is invoiced')
    .option('--limit <count>', 'at most this many', wholeNumber(1), 20)
    .action(async (organisation: string, { limit }: { limit: number }, command: Command) => {
      const page = await (await apiClient(terminal.env)).invoices.list(organisation, { limit });
      const rows = page.data.map((invoice) => [
        invoice.id,
        firstDayOf(invoice),
        invoice.status,
        invoice.credits,
        priceText(invoice.total),
        invoice.due_at.slice(0, 10),
      ]);
      const headings = ['id', 'month', 'status', 'credits', 'total', 'due'];
      answer(terminal, command, page, tableLines(headings, rows, 'No invoices.'));
    });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an invoice with its lines and corrections')
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
        ...invoiceLines(invoice),
        '',
        ...tableLines(headings, rows, 'No lines.'),
        '',
        ...tableLines(['correction', 'kind', 'on', 'amount', 'reason'], corrections, 'No corrections.'),
      ]);
    });
}

function markPaid(terminal: Terminal): Command {
  return newCommand('mark-paid', 'Record that the money of an invoice has arrived')
    .argument('<id>', 'the invoice')
    .requiredOption('--reference <text>', 'by what it was paid')
    .action(async (id: string, { reference }: { reference: string }, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.markPaid(id, reference);
      answer(terminal, command, invoice, invoiceLines(invoice));
    });
}

function csv(terminal: Terminal): Command {
  return newCommand('csv', 'Print an invoice’s lines as comma-separated values, for a spreadsheet')
    .argument('<id>', 'the invoice')
    .action(async (id: string, _options: object, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.get(id);
      answer(terminal, command, invoice, invoiceCsv(invoice).trimEnd().split('\r\n'));
    });
}

function credit(terminal: Terminal): Command {
  return newCommand('credit', 'Credit a part of an open invoice', [
    'invoices credit inv_2f1c0a9b8d7e6f5a4b3c2d1e 12.50 --reason "ticket 4711"',
  ])
    .argument('<id>', 'the invoice')
    .argument('<amount>', 'how much, in the invoice’s currency, such as 12.50')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, text: string, { reason }: { reason: string }, command: Command) => {
      const { invoices } = await apiClient(terminal.env);
      const { total } = await invoices.get(id);
      const amount = coinsOf(text, total.currency);
      if (amount === undefined) return command.error(`error: "${text}" is no amount of ${total.currency}.`);
      const note = await invoices.credit(id, { amount, currency: total.currency }, reason);
      const fields = { id: note.id, invoice: id, credited: priceText(note.total), credits: note.credits };
      answer(terminal, command, note, fieldLines({ ...fields, reason }));
    });
}

function voiding(terminal: Terminal): Command {
  return newCommand('void', 'Void an open invoice: nothing of it is owed any longer')
    .argument('<id>', 'the invoice')
    .requiredOption('--reason <text>', 'why')
    .action(async (id: string, { reason }: { reason: string }, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.void(id, reason);
      answer(terminal, command, invoice, invoiceLines(invoice));
    });
}

function invoiceLines(invoice: Invoice): string[] {
  const { id, account_id, status, credits, total, credited, open, due_at, paid_at, voided_at } = invoice;
  return fieldLines({
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
    'paid at page': invoice.payment_url,
    mail: invoice.notice,
    'provider disagrees': invoice.provider_fault,
  });
}
