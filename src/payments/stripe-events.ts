/** What Stripe's events say of a payment: a state, so that their order and number do not matter. */
import type Stripe from 'stripe';
import type { PaymentNews } from '../contracts/purchase.ts';
import type { RefundNews } from '../contracts/refund.ts';

/** Undefined for events that say nothing of a purchase. Of refunds made elsewhere the charge tells. */
export function newsOf(event: Stripe.Event, at: string): PaymentNews | RefundNews | undefined {
  const heard = { at, event: event.id };
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded': {
      const news = paidSession(event.data.object, at);
      return news === undefined ? undefined : { ...news, event: event.id };
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
    case 'charge.refunded': {
      const { amount_refunded, payment_intent, metadata } = event.data.object;
      const about = { purchase_id: metadata.purchase_id, payment_id: idOf(payment_intent) };
      return { ...heard, ...about, said: 'refunded', amount: amount_refunded };
    }
    case 'refund.created':
    case 'refund.updated':
    case 'refund.failed':
    case 'charge.refund.updated': {
      const news = ofRefund(event.data.object, at);
      return news === undefined ? undefined : { ...news, event: event.id };
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
  return {
    at,
    ...ofSession(session),
    said: 'paid',
    payment_id: idOf(session.payment_intent),
    amount: session.amount_total ?? undefined,
    customer_id: idOf(session.customer),
  };
}

export function paidIntent(intent: Stripe.PaymentIntent, at: string): PaymentNews {
  const customer_id = idOf(intent.customer);
  return { at, ...ofIntent(intent), said: 'paid', amount: intent.amount_received, customer_id };
}

/** How a refund that Boon asked for stands; undefined for any other. */
export function ofRefund(
  { id, metadata, status, failure_reason }: Stripe.Refund,
  at: string,
): RefundNews | undefined {
  const refund_id = metadata?.refund_id;
  if (refund_id === undefined) return undefined;
  const about = { at, refund_id, provider_id: id };
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

function ofSession({ client_reference_id, metadata }: Stripe.Checkout.Session) {
  return { purchase_id: client_reference_id ?? metadata?.purchase_id };
}

function ofIntent({ id, metadata }: Stripe.PaymentIntent) {
  return { purchase_id: metadata.purchase_id, payment_id: id };
}

function idOf(given: string | { id: string } | null | undefined): string | undefined {
  return typeof given === 'object' ? given?.id : given;
}
