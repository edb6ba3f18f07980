/** An invoice's lines as comma-separated values. */
import type { InvoiceWithLines } from './invoice.schema.ts';

const COLUMNS = ['member_id', 'product', 'model', 'uses', 'units', 'credits'] as const;

/** RFC 4180, with a heading. A text that a spreadsheet would take for a formula begins with an apostrophe. */
export function invoiceCsv({ lines }: InvoiceWithLines): string {
  const rows = lines.map(({ amount, ...line }) => [
    ...COLUMNS.map((column) => line[column]),
    amount.amount,
    amount.currency,
  ]);
  return [[...COLUMNS, 'amount', 'currency'], ...rows]
    .map((row) => `${row.map(cell).join(',')}\r\n`)
    .join('');
}

function cell(value: string | number | null): string {
  const text = String(value ?? '');
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
