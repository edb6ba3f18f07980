/** What Stripe's events say of a payment: a state, so that their order and number do not matter. */
import type Stripe from 'stripe';
import type { PaymentNews } from '../contracts/purchase.ts';
import type { RefundNews } from '../contracts/refund.ts';

const PAID: ReadonlySet<string> = new Set([
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'payment_intent.succeeded',
]);

/**
 * Undefined for events that say nothing of a purchase. Refunds are told of by themselves, and in sum by their charge.
 * @param key_live the mode of Boon's key; undefined where the key does not tell
 */
export function newsOf(
  event: Stripe.Event,
  at: string,
  key_live: boolean | undefined,
): PaymentNews | RefundNews | undefined {
  const heard = { at, event: event.id, live: event.livemode, key_live };
  const said_at = instantOf(event.created);
  // What was paid in the other mode is a case; all else of it is none of ours.
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
      // One that was changed in something else tells of no refund.
      const before = event.data.previous_attributes;
      if (before !== undefined && !('amount_refunded' in before)) return undefined;
      return { ...heard, ...ofCharge(event.data.object), said_at, lowers: true };
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated': {
      const news = ofRefund(event.data.object, at);
      return { ...news, event: event.id, said_at };
    }
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed':
    case 'charge.dispute.funds_withdrawn':
    case 'charge.dispute.funds_reinstated': {
      const { id: dispute_id, amount, payment_intent, status } = event.data.object;
      // An inquiry takes no money away.
      if (status.startsWith('warning_')) return undefined;
      const payment_id = idOf(payment_intent);
      return { ...heard, payment_id, said: 'disputed', dispute_id, amount, status: outcomeOf(status) };
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
    amount: amount_total ?? null,
    tax: taxOnTop(amount_total, amount_subtotal, total_details?.amount_tax),
    currency: currency ?? null,
    customer_id: idOf(session.customer),
  };
}

/** Tax that came on top of the price: what is between the two sums, where that is just the tax. */
function taxOnTop(
  total: number | null | undefined,
  subtotal: number | null | undefined,
  tax: number | null | undefined,
): number | undefined {
  if (typeof total !== 'number' || typeof subtotal !== 'number' || typeof tax !== 'number') return undefined;
  return tax > 0 && total - subtotal === tax ? tax : undefined;
}

export function paidIntent(intent: Stripe.PaymentIntent, at: string): PaymentNews {
  const { amount_received, currency, livemode } = intent;
  return {
    at,
    ...ofIntent(intent),
    ...(typeof livemode === 'boolean' ? { live: livemode } : {}),
    said: 'paid',
    amount: amount_received ?? null,
    currency: currency ?? null,
    customer_id: idOf(intent.customer),
  };
}

/** How a refund stands, whoever made it: one that Boon asked for carries its id. */
export function ofRefund(
  { id, metadata, status, failure_reason, amount, payment_intent, created }: Stripe.Refund,
  at: string,
): RefundNews {
  const about = {
    at,
    refund_id: named(metadata?.refund_id),
    purchase_id: named(metadata?.purchase_id),
    provider_id: id,
    payment_id: idOf(payment_intent),
    amount,
    made_at: instantOf(created),
  };
  if (status === 'succeeded') return { ...about, status };
  if (status !== 'failed' && status !== 'canceled') return { ...about, status: 'pending' };
  return { ...about, status: 'failed', reason_code: failure_reason ?? status };
}

/** Why a card was declined, in Stripe's word for it. */
export function declined(
  error: { decline_code?: string | undefined; code?: string | undefined } | null | undefined,
): string {
  return error?.decline_code ?? error?.code ?? 'card_declined';
}

function outcomeOf(status: Stripe.Dispute.Status): 'open' | 'won' | 'lost' {
  if (status === 'lost') return 'lost';
  return status === 'won' || status === 'prevented' ? 'won' : 'open';
}

function ofSession({ id, client_reference_id, metadata }: Stripe.Checkout.Session) {
  return { purchase_id: named(client_reference_id ?? metadata?.purchase_id), checkout_id: id };
}

function ofIntent({ id, metadata }: Stripe.PaymentIntent) {
  return { purchase_id: named(metadata?.purchase_id), payment_id: id };
}

function ofCharge({ amount_refunded, payment_intent, metadata }: Stripe.Charge) {
  const about = { purchase_id: named(metadata?.purchase_id), payment_id: idOf(payment_intent) };
  return { ...about, said: 'refunded', amount: amount_refunded } as const;
}

/** What may be an id of ours: of others a payer writes what they like into some fields. */
function named(id: string | null | undefined): string | undefined {
  return typeof id === 'string' && /^[\w-]{1,100}$/.test(id) ? id : undefined;
}

/** Stripe's times are seconds. */
function instantOf(seconds: number | null | undefined): string | undefined {
  return typeof seconds === 'number' ? new Date(seconds * 1000).toISOString() : undefined;
}

function idOf(given: string | { id: string } | null | undefined): string | undefined {
  return typeof given === 'object' ? given?.id : given;
}
