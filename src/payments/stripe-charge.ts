/** Charges of stored cards by Stripe: the top-ups that an account's owner has consented to. */
import Stripe from 'stripe';
import {
  type PaymentNews,
  type Purchase,
  packageText,
  purchaseWorkflowId,
} from '../contracts/purchases/purchase.ts';
import { declined, paidIntent } from './stripe-events.ts';
import { keptMetadata } from './stripe-kept-purchase.ts';

/**
 * Charges the customer's card once however often it is asked to. Undefined while the bank has not answered.
 * @param at when the news arrives; the ledger dates by it
 */
export async function chargeStoredCard(
  stripe: Stripe,
  purchase: Purchase,
  customer: string,
  at: string,
): Promise<PaymentNews | undefined> {
  // Looked for first: Stripe forgets keys after a day, and a worker may be down for longer. A customer's latest hundred
  // reach back far enough: top-ups follow one another, each when the one before has ended.
  const { data: intents } = await stripe.paymentIntents.list({ customer, limit: 100 });
  const made = intents.find(({ metadata }) => metadata.purchase_id === purchase.id);
  if (made?.status === 'requires_payment_method')
    return failed(purchase, at, declined(made.last_payment_error));
  if (made !== undefined) return await outcomeOf(stripe, made, purchase, at);
  const { data: cards } = await stripe.customers.listPaymentMethods(customer, { type: 'card', limit: 1 });
  const [card] = cards;
  if (card === undefined) return failed(purchase, at, 'card_required');
  try {
    const intent = await stripe.paymentIntents.create(
      {
        amount: purchase.price.amount,
        currency: purchase.price.currency,
        customer,
        payment_method: card.id,
        off_session: true,
        confirm: true,
        description: packageText(purchase),
        metadata: keptMetadata(purchase),
      },
      { idempotencyKey: `${purchaseWorkflowId(purchase.id)}:charge` },
    );
    return await outcomeOf(stripe, intent, purchase, at);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) return failed(purchase, at, declined(error));
    throw error;
  }
}

async function outcomeOf(
  stripe: Stripe,
  intent: Stripe.PaymentIntent,
  purchase: Purchase,
  at: string,
): Promise<PaymentNews | undefined> {
  const { status } = intent;
  if (status === 'succeeded') {
    const currency = intent.currency ?? purchase.price.currency;
    return { ...paidIntent({ ...intent, currency }, at), purchase_id: purchase.id };
  }
  if (status === 'processing') return undefined;
  // Nobody is there to confirm it: it must not be paid later, when nobody expects it any more.
  if (status !== 'canceled') await stripe.paymentIntents.cancel(intent.id);
  return failed(purchase, at, 'authentication_required');
}

function failed({ id }: Purchase, at: string, reason_code: string): PaymentNews {
  return { at, purchase_id: id, said: 'failed', reason_code };
}
