/** What the ledger remembers of an invoice's twin at the payment provider. */

import type { InvoiceCorrection } from '../../contracts/billing/invoice.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { InvoiceId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import { type Database, queryRow } from '../postgres/database.ts';
import { correctionsOf } from './invoice-corrections.ts';

export type ProviderInvoice = {
  /** The provider's id; null while it has none. */
  id: InvoiceId | null;
  /** Whether it collects the money; until then it is a draft. */
  sent: boolean;
  /** It was corrected while the provider did not have it: it must not get the whole of it any more. */
  left_out: boolean;
  /** What it must be told of yet, in order. */
  untold: InvoiceCorrection[];
};

/** What happened to telling the provider of a correction; `reference` is its id there, or why it was refused. */
export type Telling = { outcome: 'done' | 'refused' | 'not_there'; reference: string | null };

export interface ProviderInvoices {
  invoiceAtProvider(id: InvoiceId): Promise<ProviderInvoice>;
  /** Remembers the provider's draft before anything else is done there; the first stays and is answered. */
  noteInvoiceDraft(id: InvoiceId, providerId: string, at: Instant): Promise<string>;
  /** Notes that the provider collects the money, once. */
  noteInvoiceSent(id: InvoiceId, url: string | null, at: Instant): Promise<void>;
  /** Notes what happened to telling of a correction, once; what was refused is a disagreement. */
  noteCorrectionTold(correctionId: string, telling: Telling, at: Instant): Promise<void>;
}

const FIND = `
  SELECT v.provider_id AS id, v.provider_since IS NOT NULL AS sent, EXISTS (
    SELECT FROM boon.invoice_corrections c JOIN boon.told_corrections t ON t.correction_id = c.id
    WHERE c.invoice_id = v.id AND t.outcome = 'not_there') AS left_out
  FROM boon.invoices v WHERE v.id = $1`;

export function makeProviderInvoices(database: Database): ProviderInvoices {
  const note = (name: string, text: string, values: unknown[]) => queryRow(database, name, text, values);
  return {
    async invoiceAtProvider(id) {
      const row = await queryRow<Omit<ProviderInvoice, 'untold'>>(database, 'invoice_at_provider', FIND, [
        id,
      ]);
      if (row === undefined) throw new BoonError('not_found', `There is no invoice "${id}".`);
      return { ...row, untold: await correctionsOf(database, id, true) };
    },
    async noteInvoiceDraft(id, providerId, at) {
      const text = 'SELECT boon_code.note_invoice_draft($1, $2, $3) AS id';
      const values = [id, providerId, at];
      const row = await queryRow<{ id: InvoiceId | null }>(database, 'note_invoice_draft', text, values);
      if (row?.id == null) throw new BoonError('not_found', `There is no invoice "${id}".`);
      return row.id;
    },
    async noteInvoiceSent(id, url, at) {
      await note('note_invoice_sent', 'SELECT boon_code.note_invoice_sent($1, $2, $3)', [id, url, at]);
    },
    async noteCorrectionTold(correctionId, { outcome, reference }, at) {
      const text = 'SELECT boon_code.note_correction_told($1, $2, $3, $4)';
      await note('note_correction_told', text, [correctionId, outcome, reference, at]);
    },
  };
}
