/** `boon invoices`: what organisations are invoiced. */
import type { Command } from 'commander';
import type { Invoice } from '../contracts/invoice.ts';
import { priceText } from '../contracts/purchase.ts';
import { apiClient } from './api.ts';
import { answer, newCommand, wholeNumber } from './command.ts';
import { fieldLines, tableLines } from './table.ts';
import type { Terminal } from './terminal.ts';

export function invoicesCommand(terminal: Terminal): Command {
  const invoices = newCommand('invoices', 'Look at invoices of organisations, and mark them paid', [
    'invoices list acme',
    'invoices show inv_2f1c0a9b8d7e6f5a4b3c2d1e',
    'invoices mark-paid inv_2f1c0a9b8d7e6f5a4b3c2d1e --reference "wire 2026-04-07/118"',
  ]);
  invoices.addCommand(list(terminal));
  invoices.addCommand(show(terminal));
  invoices.addCommand(markPaid(terminal));
  return invoices;
}

function list(terminal: Terminal): Command {
  return newCommand('list', 'List an organisation’s invoices, the latest month first')
    .argument('<organisation>', 'who is invoiced')
    .option('--limit <count>', 'at most so many', wholeNumber(1), 20)
    .action(async (organisation: string, { limit }: { limit: number }, command: Command) => {
      const page = await (await apiClient(terminal.env)).invoices.list(organisation, { limit });
      const rows = page.data.map(({ id, month, status, credits, total, due_at }) => [
        id,
        month,
        status,
        credits,
        priceText(total),
        due_at.slice(0, 10),
      ]);
      const headings = ['id', 'month', 'status', 'credits', 'total', 'due'];
      answer(terminal, command, page, tableLines(headings, rows, 'No invoices.'));
    });
}

function show(terminal: Terminal): Command {
  return newCommand('show', 'Show an invoice with its lines')
    .argument('<id>', 'the invoice')
    .action(async (id: string, _options: object, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.get(id);
      const { total } = invoice;
      const rows = invoice.lines.map(({ member_id, product, model, uses, units, credits, amount }) => {
        return [member_id, product, model, uses, units, credits, priceText({ ...total, amount })];
      });
      const headings = ['member', 'product', 'model', 'uses', 'units', 'credits', 'amount'];
      const lines = [...invoiceLines(invoice), '', ...tableLines(headings, rows, 'No lines.')];
      answer(terminal, command, invoice, lines);
    });
}

function markPaid(terminal: Terminal): Command {
  return newCommand('mark-paid', 'Note that the money of an invoice has come')
    .argument('<id>', 'the invoice')
    .requiredOption('--reference <text>', 'by what it was paid')
    .action(async (id: string, { reference }: { reference: string }, command: Command) => {
      const invoice = await (await apiClient(terminal.env)).invoices.markPaid(id, reference);
      answer(terminal, command, invoice, invoiceLines(invoice));
    });
}

function invoiceLines(invoice: Invoice): string[] {
  const { id, account_id, month, status, credits, total, due_at, paid_at, payment_url, notice } = invoice;
  const fields = { id, account: account_id, month, status, credits, total: priceText(total) };
  return fieldLines({ ...fields, due: due_at, paid: paid_at, 'paid at page': payment_url, mail: notice });
}
