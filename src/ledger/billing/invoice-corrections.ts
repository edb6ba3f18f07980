/** Corrections of invoices: credit notes, and voiding. */
import type { Invoice, InvoiceCorrection } from '../../contracts/billing/invoice.ts';
import type { InvoiceId } from '../../domain/ids.ts';
import { makeArrayCall } from '../postgres/array-call.ts';
import { type Database, queryRows } from '../postgres/database.ts';
import type { Recorded, Write } from '../postgres/recorded.ts';
import { inputHash } from '../postgres/recorded.ts';
import { instant, toInvoice } from '../postgres/rows.ts';

/** An operator's word. `amount` is in the smallest coin of the invoice's currency, which `currency` must be if it is given. */
export type CorrectionRequest = Write & { id: InvoiceId; said_by: string; reason: string } & (
    | { kind: 'credit'; amount: number; currency?: string }
    | { kind: 'void' }
  );

export type CorrectedInvoice = { invoice: Invoice; correction: InvoiceCorrection };

export interface InvoiceCorrections {
  /**
   * Takes a part off an open invoice, or all that is still open: less is receivable, and that revenue is taken back.
   * One that is credited in whole is closed by it.
   * @throws BoonError `invoice_closed` when it is not open; `over_open_amount` when less is open.
   */
  correctInvoice(request: CorrectionRequest): Promise<Recorded<CorrectedInvoice>>;
}

/** Makes what the ledger offers for corrections of invoices. */
export function makeInvoiceCorrections(database: Database): InvoiceCorrections {
  const correct = makeArrayCall<CorrectionRequest, CorrectedInvoice>(database, {
    name: 'correct_invoices',
    text: 'SELECT i, replayed, result FROM boon_code.correct_invoices($1)',
    toRow: ({ key, at, ...said }, i) => ({ i, key, at, input_hash: inputHash(said), ...said }),
  });
  return {
    async correctInvoice(request) {
      const { value, replayed } = await correct(request);
      return {
        value: { invoice: toInvoice(value.invoice), correction: toCorrection(value.correction) },
        replayed,
      };
    },
  };
}

/** An invoice's corrections in their order; with `untold` those that the provider was not told of. */
export async function correctionsOf(
  database: Database,
  id: InvoiceId,
  untold = false,
): Promise<InvoiceCorrection[]> {
  const text = `
    SELECT boon_code.correction_view(c) AS correction FROM boon.invoice_corrections c
    WHERE c.invoice_id = $1 AND NOT ($2 AND EXISTS (SELECT FROM boon.told_corrections t WHERE t.correction_id = c.id)) ORDER BY c.number`;
  const rows = await queryRows<{ correction: InvoiceCorrection }>(database, 'corrections_of', text, [
    id,
    untold,
  ]);
  return rows.map(({ correction }) => toCorrection(correction));
}

function toCorrection(view: InvoiceCorrection): InvoiceCorrection {
  return { ...view, at: instant(view.at) };
}
