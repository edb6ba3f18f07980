/** How one of the provider's records differs from the ledger's. */
import type { Difference, DifferenceOutcome, Sum } from '../../contracts/purchases/provider-difference.ts';
import type { ProviderRecord } from '../../contracts/purchases/provider-records.ts';
import type { AskedRecord, RecordedOne } from '../../ledger/purchases/provider-differences.ts';

export type FoundDifference = Difference & {
  outcome: DifferenceOutcome;
  case_id: string | null;
  /** Why it could not be applied. */
  error: string | null;
};

/** Ids of Boon's own; others are another system's on the same account at the provider. */
const OURS = { purchase: /^pur_\w+$/, invoice: /^inv_\w+$/ };

/** What the ledger is asked of a record. */
export function askedOf(record: ProviderRecord): AskedRecord {
  const { kind, id } = record;
  if (kind === 'invoice') return { id, subject_id: record.news.invoice_id };
  const { payment_id, purchase_id } = record.news;
  const subject = purchase_id === undefined ? {} : { subject_id: purchase_id };
  if (kind !== 'payment') return { id, payment_id, ...subject };
  return { id, payment_id, checkout_id: record.news.checkout_id, ...subject };
}

/** Undefined: they agree, it is not ours, or it has a case already. */
export function differenceOf(record: ProviderRecord, known: RecordedOne): Difference | undefined {
  if (known.case !== null) return undefined;
  const kind = kindOf(record, known);
  if (kind === undefined) return undefined;
  const isInvoice = record.kind === 'invoice';
  const subject = known.subject_id ?? askedOf(record).subject_id ?? null;
  return {
    kind,
    id: record.id,
    purchase_id: isInvoice ? null : subject,
    invoice_id: isInvoice ? subject : null,
    account_id: known.account_id ?? ('account_id' in record ? (record.account_id ?? null) : null),
    provider: sumOf(record),
    ledger: ledgerSum(known),
  };
}

function kindOf(record: ProviderRecord, known: RecordedOne): Difference['kind'] | undefined {
  const there = sumOf(record);
  const { kind } = record;
  if (kind === 'invoice') {
    if (known.subject_id === null)
      return OURS.invoice.test(record.news.invoice_id) ? 'invoice_missing' : undefined;
    if (record.is_open === true) return undefined;
    return known.status === 'open' || known.status === 'void' ? 'invoice_unpaid' : undefined;
  }
  if (known.subject_id === null) {
    if (!OURS.purchase.test(record.news.purchase_id ?? '')) return undefined;
    return kind === 'payment' ? 'purchase_missing' : `${kind}_missing`;
  }
  if (known.status === null) return `${kind}_missing`;
  const isOtherCurrency =
    kind === 'payment' && there.currency?.toLowerCase() !== known.currency?.toLowerCase();
  if (there.amount !== known.amount || there.status !== known.status || isOtherCurrency)
    return `${kind}_differs`;
  return undefined;
}

/** What the ledger has and the provider does not. */
export function unknownThere(
  kind: 'payment' | 'refund' | 'dispute',
  id: string,
  known: RecordedOne,
): Difference | undefined {
  if (known.case !== null) return undefined;
  const { subject_id: purchase_id, account_id } = known;
  const at = { id, purchase_id, invoice_id: null, account_id };
  return { kind: `${kind}_unknown`, ...at, provider: null, ledger: ledgerSum(known) };
}

function sumOf(record: ProviderRecord): Sum {
  switch (record.kind) {
    case 'payment':
    case 'invoice': {
      const status = 'is_open' in record ? 'open' : 'paid';
      return { status, amount: record.news.amount, currency: record.news.currency };
    }
    case 'refund':
      return { status: record.news.status, amount: record.news.amount ?? null, currency: null };
    case 'dispute':
      return { status: record.news.status, amount: record.news.amount, currency: null };
  }
}

function ledgerSum({ status, amount, currency }: RecordedOne): Sum | null {
  return status === null ? null : { status, amount, currency };
}
