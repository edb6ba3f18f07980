/** Refunds by Stripe. */
import Stripe from 'stripe';
import { BoonError } from '../contracts/errors.ts';
import { type RefundNews, type RefundProgress, refundWorkflowId } from '../contracts/purchases/refund.ts';
import { ofRefund } from './stripe-events.ts';

/**
 * Sends the money once however often it is asked for, and returns its state. What Stripe refuses has failed for good.
 */
export async function sendStripeRefund(
  stripe: Stripe,
  { id, purchase_id, amount }: RefundProgress,
  payment_intent: string,
  at: string,
): Promise<RefundNews> {
  const said = (refund: Stripe.Refund): RefundNews => {
    const { status, reason_code } = ofRefund(refund, at);
    return { at, refund_id: id, provider_id: refund.id, status, ...(reason_code && { reason_code }) };
  };
  try {
    // Looked for first: Stripe forgets keys after a day, and a worker may be down for longer.
    for await (const made of stripe.refunds.list({ payment_intent, limit: 100 })) {
      if (made.metadata?.refund_id === id) return said(made);
    }
    const metadata = { refund_id: id, purchase_id };
    const key = { idempotencyKey: `${refundWorkflowId(id)}:refund` };
    return said(await stripe.refunds.create({ payment_intent, amount, metadata }, key));
  } catch (error) {
    const { StripeInvalidRequestError, StripeAuthenticationError, StripePermissionError } = Stripe.errors;
    if (error instanceof StripeInvalidRequestError)
      return { at, refund_id: id, status: 'failed', reason_code: error.code ?? 'invalid_request' };
    // The key is at fault, not the refund: an operator fixes that, and Stripe is asked again.
    if (error instanceof StripeAuthenticationError || error instanceof StripePermissionError)
      throw new BoonError('unavailable', 'Stripe does not accept the key.', { cause: error });
    throw error;
  }
}
