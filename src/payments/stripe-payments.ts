/** Payments by Stripe. No card ever reaches Boon: people pay on Stripe's page, and top-ups charge what Stripe stores. */
import type Stripe from 'stripe';
import { BoonError } from '../contracts/errors.ts';
import type { Payments } from '../contracts/purchases/payments.ts';
import { type Purchase, packageText, purchaseWorkflowId } from '../contracts/purchases/purchase.ts';
import { chargeStoredCard } from './stripe-charge.ts';
import { asking, modeOfKey, type StripeAccess, stripeClient } from './stripe-client.ts';
import { newsOf, paidSession } from './stripe-events.ts';
import {
  creditStripeInvoice,
  draftStripeInvoice,
  paidInvoiceOf,
  sendStripeInvoice,
  voidStripeInvoice,
} from './stripe-invoices.ts';
import { keptMetadata } from './stripe-kept-purchase.ts';
import { sendStripeRefund } from './stripe-refunds.ts';

export type StripeOptions = StripeAccess & {
  /** Signing secret of the webhook endpoint. */
  webhookSecret: string;
  /** Where a buyer goes from Stripe's page: always the same for one purchase, for Stripe compares repeated calls. */
  backTo: (purchase: Purchase) => string;
};

/** How long a signature holds, in seconds: an old message must not be played again. */
const TOLERANCE = 300;

export function createStripePayments(options: StripeOptions): Payments {
  const { webhookSecret, backTo } = options;
  const stripe = stripeClient(options);
  const keyLive = modeOfKey(options.apiKey);
  const key = ({ id }: Purchase, step: string) => ({ idempotencyKey: `${purchaseWorkflowId(id)}:${step}` });

  function signedEvent(body: Buffer, signature: string, at: string): Stripe.Event {
    const now = Date.parse(at);
    try {
      return stripe.webhooks.constructEvent(body, signature, webhookSecret, TOLERANCE, undefined, now);
    } catch (error) {
      throw new BoonError('webhook_invalid', 'The signature does not fit the body and the moment.', {
        cause: error,
      });
    }
  }

  return {
    openCheckout: (purchase) =>
      asking(async () => {
        const metadata = keptMetadata(purchase);
        const back = backTo(purchase);
        const session = await stripe.checkout.sessions.create(
          {
            mode: 'payment',
            client_reference_id: purchase.id,
            metadata,
            payment_intent_data: {
              metadata,
              ...(purchase.save_card ? { setup_future_usage: 'off_session' as const } : {}),
            },
            ...(purchase.save_card ? { customer_creation: 'always' as const } : {}),
            line_items: [
              {
                quantity: 1,
                price_data: {
                  currency: purchase.price.currency,
                  unit_amount: purchase.price.amount,
                  product_data: { name: packageText(purchase) },
                },
              },
            ],
            expires_at: Math.floor(Date.parse(purchase.expires_at) / 1000),
            success_url: back,
            cancel_url: back,
          },
          // Another key than when the metadata held less: Stripe compares what comes under one.
          key(purchase, 'page'),
        );
        if (session.url === null) throw new BoonError('payment_refused', 'Stripe made no page to pay on.');
        return { id: session.id, url: session.url };
      }),

    closeCheckout: (purchase, at) =>
      asking(async () => {
        const expired = { at, purchase_id: purchase.id, said: 'expired' } as const;
        if (purchase.checkout === null) return expired;
        const { id } = purchase.checkout;
        const session = await stripe.checkout.sessions.retrieve(id);
        if (session.status === 'complete') return paidSession(session, at);
        if (session.status === 'expired') return expired;
        await stripe.checkout.sessions.expire(id, {}, key(purchase, 'expire'));
        return expired;
      }),

    charge: (purchase, customer, at) => asking(() => chargeStoredCard(stripe, purchase, customer, at)),
    refund: (refund, paymentId, at) => asking(() => sendStripeRefund(stripe, refund, paymentId, at)),

    draftInvoice: (invoice, email) => asking(() => draftStripeInvoice(stripe, invoice, email)),
    sendInvoice: (providerId) => asking(() => sendStripeInvoice(stripe, providerId)),
    voidInvoice: (providerId) => asking(() => voidStripeInvoice(stripe, providerId)),
    creditInvoice: (providerId, note) => asking(() => creditStripeInvoice(stripe, providerId, note)),

    purchaseOf: (paymentId) =>
      asking(async () => (await stripe.paymentIntents.retrieve(paymentId)).metadata.purchase_id),

    readWebhook(body, signature, at) {
      const event = signedEvent(body, signature, at);
      try {
        return paidInvoiceOf(event, at, keyLive) ?? newsOf(event, at, keyLive);
      } catch (error) {
        if (error instanceof BoonError) throw error;
        throw new BoonError('webhook_invalid', 'The message is not as Stripe sends it.', { cause: error });
      }
    },
  };
}
