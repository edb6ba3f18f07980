/** What Stripe keeps of a purchase beside its payment, so that a ledger that was restored to an older point can have it again. */
import type Stripe from 'stripe';
import type { KeptPurchase } from '../contracts/purchases/provider-records.ts';
import { PURCHASE_KINDS, type Purchase, type PurchaseKind } from '../contracts/purchases/purchase.ts';
import { parseCredits } from '../domain/credits.ts';
import { instantOf, named } from './stripe-fields.ts';

/** As metadata of the page and of the payment. */
export function keptMetadata(purchase: Purchase): Record<string, string> {
  const { id, kind, account_id, package: name, credits, resets } = purchase;
  return { purchase_id: id, kind, account_id, package: name, credits, resets: String(resets) };
}

/** The purchase that metadata describes; undefined when a part of it is missing, as in that of earlier versions. */
export function keptPurchase(
  metadata: Stripe.Metadata | null,
  made: { created: number; expires_at?: number },
): KeptPurchase | undefined {
  const { purchase_id, kind, account_id, package: name, credits = '', resets = '' } = metadata ?? {};
  const id = named(purchase_id);
  const created_at = instantOf(made.created);
  const expires_at = instantOf(made.expires_at ?? made.created);
  if (id === undefined || account_id === undefined || name === undefined) return undefined;
  if (created_at === undefined || expires_at === undefined || !isKind(kind)) return undefined;
  if (parseCredits(credits) === undefined || !/^\d{1,6}$/.test(resets)) return undefined;
  return { id, account_id, kind, package: name, credits, resets: Number(resets), created_at, expires_at };
}

function isKind(given: string | undefined): given is PurchaseKind {
  return PURCHASE_KINDS.some((kind) => kind === given);
}
