/** How rows and JSON of the database become the types of the contracts. */
import type { Lot } from '../../contracts/accounts/holding.schema.ts';
import type { Invoice } from '../../contracts/billing/invoice.ts';
import type { Gift } from '../../contracts/gifts/gift.ts';

/** An instant in the spelling of the contracts: RFC 3339 in UTC with milliseconds. */
export function instant(value: string | Date): string {
  return (value instanceof Date ? value : new Date(value)).toISOString();
}

/** The same, or null. */
export function instantOrNull(value: string | Date | null | undefined): string | null {
  return value === null || value === undefined ? null : instant(value);
}

/** What `gift_view` says, with times in our spelling. */
export function toGift(view: Gift): Gift {
  return {
    ...view,
    created_at: instant(view.created_at),
    settles_at: instant(view.settles_at),
    claim_expires_at: instantOrNull(view.claim_expires_at),
    hold_ends_at: instantOrNull(view.hold_ends_at),
    settled_at: instantOrNull(view.settled_at),
    deadline: instantOrNull(view.deadline),
  };
}

/** What `lot_view` says, with times in our spelling. */
export function toLot(view: Lot): Lot {
  return { ...view, granted_at: instant(view.granted_at), expires_at: instantOrNull(view.expires_at) };
}

/** What `invoice_view` says, with times in our spelling. */
export function toInvoice(view: Invoice): Invoice {
  return {
    ...view,
    month: { starts_at: instant(view.month.starts_at), ends_at: instant(view.month.ends_at) },
    issued_at: instant(view.issued_at),
    due_at: instant(view.due_at),
    paid_at: instantOrNull(view.paid_at),
    voided_at: instantOrNull(view.voided_at),
  };
}
