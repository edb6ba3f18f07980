/**
 * Payments for trying Boon out: a demonstration, in which no money moves. Everything else is as with a real provider:
 * a purchase is paid on a page, the page sends a signed message, a kept card is charged. It remembers nothing:
 * the name of a page carries what is needed to recognise it.
 */
import { BoonError } from '../contracts/errors.ts';
import type { Payments } from '../contracts/purchases/payments.ts';
import type { PaymentNews, Purchase } from '../contracts/purchases/purchase.ts';
import { createSigner } from './signer.ts';

export type DemoPaymentsOptions = {
  encryptionKey: Buffer;
  /** Base of the pages that purchases are paid on. */
  publicUrl: string;
};

/** What a buyer says on the page. */
export const DEMO_OUTCOMES = ['paid', 'failed'] as const;
export type DemoOutcome = (typeof DEMO_OUTCOMES)[number];

export interface DemoPayments extends Payments {
  /** The purchase that a page is for; undefined when we made no such page. */
  purchaseOfPage(pageId: string): string | undefined;
  /** What the page reports once the buyer has pressed a button, as a webhook with its signature. */
  webhookOf(purchase: Purchase, outcome: DemoOutcome, at: Date): { body: Buffer; signature: string };
}

/** Where a page is on Boon's HTTP server, before its id. */
export const DEMO_CHECKOUT = '/demo/checkout';

/** How long a message's signature holds, in seconds. */
const TOLERANCE = 300;
const PAYMENT = 'demo_pay_';
const CUSTOMER = 'demo_cus_';

export function createDemoPayments({ encryptionKey, publicUrl }: DemoPaymentsOptions): DemoPayments {
  const pages = createSigner(encryptionKey, 'boon demonstration checkout');
  const messages = createSigner(encryptionKey, 'boon demonstration webhook');

  return {
    async openCheckout({ id: purchaseId }) {
      const id = `${purchaseId}.${pages.sign(purchaseId)}`;
      return { id, url: `${publicUrl.replace(/\/+$/, '')}${DEMO_CHECKOUT}/${id}` };
    },
    // Whoever pressed a button is in the ledger already: one that is still open was paid by nobody.
    closeCheckout: async ({ id }, at) => ({ at, purchase_id: id, said: 'expired' }),
    async charge(purchase, customer, at) {
      const isOurs = customer.startsWith(CUSTOMER);
      if (isOurs) return { at, ...paid(purchase) };
      return { at, purchase_id: purchase.id, said: 'failed', reason_code: 'card_required' };
    },
    refund: async ({ id }, _payment, at) => ({
      refund_id: id,
      status: 'succeeded',
      provider_id: `demo_${id}`,
      at,
    }),
    draftInvoice: async ({ id }) => `demo_${id}`,
    // Nobody pays it here: an operator marks it as paid.
    sendInvoice: async () => ({ url: null }),
    voidInvoice: async () => undefined,
    creditInvoice: async (_invoice, { id }) => `demo_${id}`,
    purchaseOf: async (payment) => (payment.startsWith(PAYMENT) ? payment.slice(PAYMENT.length) : undefined),

    readWebhook(body, header, at) {
      const [, seconds = '', signature = ''] = /^(\d{1,12})\.([\w-]+)$/.exec(header) ?? [];
      const age = Math.abs(Date.parse(at) / 1000 - Number(seconds));
      if (age > TOLERANCE || !messages.isSigned(`${seconds}.${body}`, signature)) {
        throw new BoonError('webhook_invalid', 'The signature does not fit the body and the moment.');
      }
      return { ...JSON.parse(body.toString()), at };
    },

    purchaseOfPage(pageId) {
      const [purchaseId = '', signature = ''] = pageId.split('.');
      return pages.isSigned(purchaseId, signature) ? purchaseId : undefined;
    },
    webhookOf(purchase, outcome, at) {
      const declined = { purchase_id: purchase.id, said: 'failed', reason_code: 'card_declined' };
      const news = outcome === 'paid' ? paid(purchase) : declined;
      const body = JSON.stringify({ ...news, event: `demo_${outcome}_${purchase.id}` });
      const seconds = Math.floor(at.getTime() / 1000);
      return { body: Buffer.from(body), signature: `${seconds}.${messages.sign(`${seconds}.${body}`)}` };
    },
  };
}

function paid({ id, account_id, price, checkout }: Purchase) {
  return {
    purchase_id: id,
    ...(checkout === null ? {} : { checkout_id: checkout.id }),
    payment_id: `${PAYMENT}${id}`,
    said: 'paid',
    amount: price.amount,
    currency: price.currency,
    customer_id: `${CUSTOMER}${account_id}`,
  } as const satisfies Partial<PaymentNews>;
}
