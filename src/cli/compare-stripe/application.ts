/**
 * Has the ledger record one difference, in the same way as the provider's messages; what that does not settle is a
 * case.
 */
import type { Difference } from '../../contracts/purchases/provider-difference.ts';
import type { ProviderRecord } from '../../contracts/purchases/provider-records.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { askedOf, differenceOf, type FoundDifference } from './differences.ts';

type Applied = Pick<FoundDifference, 'outcome' | 'case_id'>;

/** @param record undefined where the provider has none */
export async function applyRecord(
  ledger: Ledger,
  difference: Difference,
  record: ProviderRecord | undefined,
  at: string,
): Promise<Applied> {
  if (record !== undefined) {
    const case_id = await tell(ledger, difference, record, at);
    if (case_id !== undefined) return { outcome: 'case', case_id };
    const [known] = await ledger.recorded(record.kind, [askedOf(record)]);
    if (known?.case != null && known.status === null) return { outcome: 'case', case_id: known.case.id };
    if (known !== undefined && differenceOf(record, known) === undefined)
      return { outcome: 'applied', case_id: null };
  }
  return { outcome: 'case', case_id: (await openCase(ledger, difference, record, at)).id };
}

/** Reports it to the ledger; returns the case that it opened for a payment that does not fit. */
async function tell(
  ledger: Ledger,
  difference: Difference,
  record: ProviderRecord,
  at: string,
): Promise<string | undefined> {
  switch (record.kind) {
    case 'payment': {
      if (difference.kind === 'purchase_missing') await restore(ledger, record, at);
      const heard = await ledger.hearOfPayment(record.news);
      return heard?.case?.id;
    }
    case 'dispute':
      await ledger.hearOfPayment(record.news);
      return undefined;
    case 'refund':
      await ledger.hearOfRefund(record.news);
      return undefined;
    case 'invoice':
      if (record.is_open !== true) await ledger.hearOfInvoice(record.news);
      return undefined;
  }
}

/** What cannot be restored stays unknown, and its payment becomes a case. */
async function restore(
  ledger: Ledger,
  { news, kept }: Extract<ProviderRecord, { kind: 'payment' }>,
  at: string,
): Promise<void> {
  const { amount, currency, checkout_id, tax = 0 } = news;
  if (kept === undefined || amount === null || currency === null || amount - tax <= 0) return;
  if (kept.id !== news.purchase_id) return;
  await ledger.restorePurchase(kept, { amount: amount - tax, currency }, checkout_id, at);
}

function openCase(ledger: Ledger, difference: Difference, record: ProviderRecord | undefined, at: string) {
  const kind = record?.kind ?? kindOf(difference);
  const { id, purchase_id, invoice_id, account_id, provider, ledger: here } = difference;
  const payment_id =
    kind === 'payment'
      ? id
      : record?.kind === 'refund' || record?.kind === 'dispute'
        ? record.news.payment_id
        : undefined;
  const currency = here?.currency ?? provider?.currency ?? 'usd';
  return ledger.openDifference({
    kind,
    id,
    subject_id: purchase_id ?? invoice_id ?? id,
    account_id: account_id ?? 'unknown',
    reason: difference.kind === 'purchase_missing' ? 'purchase_unknown' : 'provider_differs',
    payment_id,
    amount: provider?.amount ?? null,
    currency: provider?.currency ?? null,
    wanted: { amount: here?.amount ?? provider?.amount ?? 0, currency },
    at,
  });
}

function kindOf({ kind }: Difference) {
  if (kind === 'refund_unknown') return 'refund';
  return kind === 'dispute_unknown' ? 'dispute' : 'payment';
}
