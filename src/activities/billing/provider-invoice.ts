/** An invoice's copy at the payment provider, kept in line with the ledger. */

import type { InvoiceCorrection } from '../../contracts/billing/invoice.ts';
import { BoonError } from '../../contracts/errors.ts';
import type { Payments } from '../../contracts/purchases/payments.ts';
import type { InvoiceId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Billing } from '../../ledger/billing/billing.ts';
import type { ProviderInvoice, Telling } from '../../ledger/billing/provider-invoices.ts';

type Parts = { ledger: Billing; payments: Payments | undefined };

/**
 * Has an open invoice collected and passes on corrections; returns whether the provider collects it. Repeated, however
 * late, it continues where it stopped.
 * @throws BoonError `payment_refused` when the provider will not collect it, `unavailable` when it does not answer.
 */
export async function keepProviderInvoice(parts: Parts, id: InvoiceId, at: Instant): Promise<boolean> {
  const { ledger, payments } = parts;
  const refused = payments === undefined ? undefined : await send(ledger, payments, id, at);
  const twin = await ledger.invoiceAtProvider(id);
  for (const correction of twin.untold) {
    await ledger.noteCorrectionTold(correction.id, await tell(payments, twin, correction), at);
  }
  if (refused !== undefined) throw refused;
  return payments !== undefined && twin.sent;
}

/** Has the invoice collected, unless that is done or it must not be; answers why the provider refused. */
async function send(
  ledger: Billing,
  payments: Payments,
  id: InvoiceId,
  at: Instant,
): Promise<BoonError | undefined> {
  const invoice = await ledger.findInvoice(id);
  const twin = await ledger.invoiceAtProvider(id);
  if (invoice.status !== 'open' || twin.sent || twin.left_out) return undefined;
  return await refusalOf(async () => {
    const draft = twin.id ?? (await payments.draftInvoice(invoice, await ledger.invoiceAddress(id)));
    // Only the draft that the ledger remembers is ever sent: a second one, made long after, asks nobody for money.
    const providerId = await ledger.noteInvoiceDraft(id, draft, at);
    const { url } = await payments.sendInvoice(providerId);
    await ledger.noteInvoiceSent(id, url, at);
    if (draft !== providerId) await payments.voidInvoice(draft);
  });
}

async function tell(
  payments: Payments | undefined,
  twin: ProviderInvoice,
  correction: InvoiceCorrection,
): Promise<Telling> {
  const providerId = twin.id;
  if (payments === undefined || providerId === null) return { outcome: 'not_there', reference: null };
  if (correction.kind === 'credit' && !twin.sent) return { outcome: 'not_there', reference: null };
  let reference: string | null = null;
  const refused = await refusalOf(async () => {
    if (correction.kind === 'void') await payments.voidInvoice(providerId);
    else reference = await payments.creditInvoice(providerId, correction);
  });
  return refused === undefined
    ? { outcome: 'done', reference }
    : { outcome: 'refused', reference: refused.message };
}

async function refusalOf(work: () => Promise<void>): Promise<BoonError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof BoonError && error.code === 'payment_refused') return error;
    throw error;
  }
}
