/** Webhooks in the shapes that Stripe sends, with the fields that Boon reads among those that it does not. */
import Stripe from 'stripe';

export const WEBHOOK_SECRET = 'whsec_test_secret';

type About = {
  purchase: string;
  payment?: string;
  amount?: number;
  customer?: string;
  /** Of a session: the page, and fields that are otherwise. */
  checkout?: string;
  more?: object;
};

export function sessionEvent(
  type: 'completed' | 'expired' | 'async_payment_succeeded' | 'async_payment_failed',
  {
    purchase,
    payment = `pi_${purchase}`,
    amount = 400,
    customer = 'cus_1',
    checkout = `cs_test_${purchase}`,
    more,
  }: About,
  payment_status: 'paid' | 'unpaid' = type === 'completed' || type === 'async_payment_succeeded'
    ? 'paid'
    : 'unpaid',
): object {
  return event(`checkout.session.${type}`, {
    id: checkout,
    object: 'checkout.session',
    amount_subtotal: amount,
    amount_total: amount,
    client_reference_id: purchase,
    currency: 'usd',
    customer,
    livemode: false,
    metadata: { purchase_id: purchase, kind: 'checkout' },
    mode: 'payment',
    payment_intent: payment,
    payment_status,
    status: type === 'expired' ? 'expired' : 'complete',
    ...more,
  });
}

export function refundEvent({ purchase, payment = `pi_${purchase}`, amount = 400 }: About): object {
  return event('charge.refunded', {
    id: `ch_${purchase}`,
    object: 'charge',
    amount: 400,
    amount_captured: 400,
    amount_refunded: amount,
    currency: 'usd',
    metadata: { purchase_id: purchase, kind: 'checkout' },
    payment_intent: payment,
    refunded: amount === 400,
    status: 'succeeded',
  });
}

/** A refund object, as `refund.created`, `refund.updated`, `refund.failed` and `charge.refund.updated` tell of it. */
export function refundObjectEvent(
  type: 'refund.created' | 'refund.updated' | 'refund.failed' | 'charge.refund.updated',
  status: 'pending' | 'succeeded' | 'failed' | 'canceled',
  { purchase, payment = `pi_${purchase}`, amount = 400 }: About,
): object {
  return event(type, {
    id: `re_${purchase}`,
    object: 'refund',
    amount,
    charge: `ch_${purchase}`,
    created: 1773144000,
    currency: 'usd',
    metadata: {},
    payment_intent: payment,
    status,
    ...(status === 'failed' ? { failure_reason: 'expired_or_canceled_card' } : {}),
  });
}

/** A charge that was changed: less has gone back of it than before. */
export function chargeUpdatedEvent({ purchase, payment = `pi_${purchase}`, amount = 0 }: About): object {
  return event('charge.updated', {
    id: `ch_${purchase}`,
    object: 'charge',
    amount: 400,
    amount_captured: 400,
    amount_refunded: amount,
    currency: 'usd',
    metadata: { purchase_id: purchase, kind: 'checkout' },
    payment_intent: payment,
    refunded: false,
    status: 'succeeded',
  });
}

export function disputeEvent(
  type: 'created' | 'closed',
  status: string,
  { purchase, payment = `pi_${purchase}`, amount = 400 }: About,
): object {
  return event(`charge.dispute.${type}`, {
    id: `dp_${purchase}`,
    object: 'dispute',
    amount,
    charge: `ch_${purchase}`,
    currency: 'usd',
    metadata: {},
    payment_intent: payment,
    reason: 'fraudulent',
    status,
  });
}

export function intentEvent(
  type: 'succeeded' | 'payment_failed',
  { purchase, payment = `pi_${purchase}`, amount = 400, customer = 'cus_1' }: About,
  kind = 'top_up',
): object {
  return event(`payment_intent.${type}`, {
    id: payment,
    object: 'payment_intent',
    amount,
    amount_received: type === 'succeeded' ? amount : 0,
    currency: 'usd',
    customer,
    last_payment_error:
      type === 'succeeded'
        ? null
        : { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds' },
    metadata: { purchase_id: purchase, kind },
    status: type === 'succeeded' ? 'succeeded' : 'requires_payment_method',
  });
}

let serial = 0;
export function event(type: string, object: object): object {
  serial += 1;
  return {
    id: `evt_test_${serial}`,
    object: 'event',
    api_version: '2025-01-01',
    created: 1773144000,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

/** Signs as Stripe does. @param at when. */
export function signed(body: string, at: Date, secret = WEBHOOK_SECRET): string {
  const timestamp = Math.floor(at.getTime() / 1000);
  return Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
}
