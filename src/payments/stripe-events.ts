/** What Stripe's events say of a payment: a state, so that their order and number do not matter. */
import type Stripe from 'stripe';
import type { PaymentNews } from '../contracts/purchases/purchase.ts';
import type { RefundNews } from '../contracts/purchases/refund.ts';
import { currencyOf, idOf, instantOf, modeOf, moneyOf, named, needed, textOf } from './stripe-fields.ts';

const PAID: ReadonlySet<string> = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'payment_intent.succeeded',
]);

/**
 * Undefined for events that say nothing of a purchase. Refunds are reported by themselves, and in total by their
 * charge.
 * @param key_live the mode of Boon's key; undefined where the key does not say
 */
export function newsOf(
  event: Stripe.Event,
  at: string,
  key_live: boolean | undefined,
): PaymentNews | RefundNews | undefined {
  const heard = { at, event: textOf(event.id), live: modeOf(event.livemode), key_live };
  const said_at = instantOf(event.created);
  // What was paid in the other mode is a case; everything else in it is not ours.
  const isOfOtherMode = key_live !== undefined && event.livemode === !key_live;
  if (isOfOtherMode && !PAID.has(event.type)) return undefined;
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded': {
      const news = paidSession(event.data.object, at);
      return news === undefined ? undefined : { ...heard, ...news };
    }
    case 'checkout.session.expired':
      return { ...heard, ...ofSession(event.data.object), said: 'expired' };
    case 'checkout.session.async_payment_failed':
      return { ...heard, ...ofSession(event.data.object), said: 'failed', reason_code: 'payment_failed' };
    case 'payment_intent.succeeded':
      return { ...heard, ...paidIntent(event.data.object, at) };
    case 'payment_intent.payment_failed': {
      const intent = event.data.object;
      // On the provider's page another card may follow one that was declined.
      if (intent.metadata.kind !== 'top_up') return undefined;
      return {
        ...heard,
        ...ofIntent(intent),
        said: 'failed',
        reason_code: declined(intent.last_payment_error),
      };
    }
    case 'charge.refunded':
      return { ...heard, ...ofCharge(event.data.object), said_at };
    case 'charge.updated': {
      // One that was changed in something else reports no refund.
      const before = event.data.previous_attributes;
      if (before !== undefined && !('amount_refunded' in before)) return undefined;
      return { ...heard, ...ofCharge(event.data.object), said_at, lowers: true };
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated': {
      const news = ofRefund(event.data.object, at);
      return { ...news, event: textOf(event.id), said_at };
    }
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated': {
      const news = ofDispute(event.data.object, at);
      return news === undefined ? undefined : { ...heard, ...news, said_at };
    }
    default:
      return undefined;
  }
}

/** A session that is paid; undefined while the bank has not answered. */
export function paidSession(session: Stripe.Checkout.Session, at: string): PaymentNews | undefined {
  if (session.payment_status !== 'paid') return undefined;
  const { amount_total, amount_subtotal, total_details, currency, livemode } = session;
  return {
    at,
    ...ofSession(session),
    ...(typeof livemode === 'boolean' ? { live: livemode } : {}),
    said: 'paid',
    payment_id: idOf(session.payment_intent),
    amount: moneyOf(amount_total),
    tax: taxOnTop(moneyOf(amount_total), moneyOf(amount_subtotal), moneyOf(total_details?.amount_tax)),
    currency: currencyOf(currency),
    customer_id: idOf(session.customer),
  };
}

/** Tax that came on top of the price: what is between the two sums, where that is just the tax. */
function taxOnTop(total: number | null, subtotal: number | null, tax: number | null): number | undefined {
  if (total === null || subtotal === null || tax === null) return undefined;
  return tax > 0 && total - subtotal === tax ? tax : undefined;
}

/** News of a payment that has succeeded. */
export function paidIntent(intent: Stripe.PaymentIntent, at: string): PaymentNews {
  const { amount_received, currency, livemode } = intent;
  return {
    at,
    ...ofIntent(intent),
    ...(typeof livemode === 'boolean' ? { live: livemode } : {}),
    said: 'paid',
    amount: moneyOf(amount_received),
    currency: currencyOf(currency),
    customer_id: idOf(intent.customer),
  };
}

/** A refund's state, whoever made it: one that Boon asked for carries its id. */
export function ofRefund(
  { id, metadata, status, failure_reason, amount, payment_intent, created }: Stripe.Refund,
  at: string,
): RefundNews {
  const about = {
    at,
    refund_id: named(metadata?.refund_id),
    purchase_id: named(metadata?.purchase_id),
    provider_id: needed(textOf(id), 'id'),
    payment_id: idOf(payment_intent),
    ...(amount === undefined ? {} : { amount: needed(moneyOf(amount), 'amount') }),
    made_at: instantOf(created),
  };
  if (status === 'succeeded') return { ...about, status };
  if (status !== 'failed' && status !== 'canceled') return { ...about, status: 'pending' };
  return { ...about, status: 'failed', reason_code: textOf(failure_reason) ?? status };
}

/** A dispute's state; undefined for an inquiry, which takes no money away. */
export function ofDispute({ id, amount, payment_intent, status }: Stripe.Dispute, at: string) {
  if (status.startsWith('warning_')) return undefined;
  return {
    at,
    payment_id: idOf(payment_intent),
    said: 'disputed',
    dispute_id: needed(textOf(id), 'id'),
    amount: needed(moneyOf(amount), 'amount'),
    status: outcomeOf(status),
  } as const satisfies PaymentNews;
}

/** Why a card was declined, by Stripe's code. */
export function declined(
  error: { decline_code?: string | undefined; code?: string | undefined } | null | undefined,
): string {
  return textOf(error?.decline_code) ?? textOf(error?.code) ?? 'card_declined';
}

function outcomeOf(status: Stripe.Dispute.Status): 'open' | 'won' | 'lost' {
  if (status === 'lost') return 'lost';
  return status === 'won' || status === 'prevented' ? 'won' : 'open';
}

function ofSession({ id, client_reference_id, metadata }: Stripe.Checkout.Session) {
  return {
    purchase_id: named(client_reference_id ?? metadata?.purchase_id),
    checkout_id: needed(textOf(id), 'id'),
  };
}

function ofIntent({ id, metadata }: Stripe.PaymentIntent) {
  return { purchase_id: named(metadata?.purchase_id), payment_id: needed(textOf(id), 'id') };
}

function ofCharge({ amount_refunded, payment_intent, metadata }: Stripe.Charge) {
  const about = { purchase_id: named(metadata?.purchase_id), payment_id: idOf(payment_intent) };
  return { ...about, said: 'refunded', amount: needed(moneyOf(amount_refunded), 'amount_refunded') } as const;
}
