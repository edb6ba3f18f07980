/** Signed messages whose fields are not as Stripe sends them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { bought, buy, paidFor } from '../../support/purchases.ts';
import {
  chargeUpdatedEvent,
  disputeEvent,
  event,
  intentEvent,
  refundEvent,
  refundObjectEvent,
  sessionEvent,
  signed,
  WEBHOOK_SECRET,
} from '../../support/stripe-events.ts';
import { START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  const stripe = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    apiBase: 'http://127.0.0.1:9',
    backTo: () => 'https://boon.example/credits',
  });
  server = await openTestServer({ parts: { payments: { ...stripe, purchaseOf: async () => undefined } } });
  await seedAccount(server.ledger, 'ada');
});
afterAll(() => server.close());

async function webhook(body: object) {
  const payload = JSON.stringify(body);
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': signed(payload, new Date(START)),
  };
  return await server.app.inject({ method: 'POST', url: '/v1/webhooks/stripe', headers, payload });
}

type Message = { data: { object: Record<string, unknown> } } & Record<string, unknown>;
/** Of a purchase that is open, and of one that is paid. */
const MESSAGES: [string, (open: string, paid: string) => object][] = [
  ['checkout.session.completed', (open) => sessionEvent('completed', { purchase: open })],
  ['checkout.session.expired', (open) => sessionEvent('expired', { purchase: open })],
  ['payment_intent.succeeded', (open) => intentEvent('succeeded', { purchase: open })],
  ['payment_intent.payment_failed', (open) => intentEvent('payment_failed', { purchase: open })],
  ['charge.refunded', (_open, paid) => refundEvent({ purchase: paid })],
  ['charge.updated', (_open, paid) => chargeUpdatedEvent({ purchase: paid })],
  ['refund.created', (_open, paid) => refundObjectEvent('refund.created', 'failed', { purchase: paid })],
  ['charge.dispute.created', (_open, paid) => disputeEvent('created', 'needs_response', { purchase: paid })],
  [
    'invoice.paid',
    () => event('invoice.paid', { id: 'in_1', amount_paid: 5, metadata: { invoice_id: 'x' } }),
  ],
];
const UNSOUND = [
  undefined,
  null,
  'abc',
  'a\u0000b',
  '\ud800',
  1e30,
  1.5,
  -1,
  true,
  {},
  { id: 'x\u0000' },
  253402300800,
];

test.each(MESSAGES)(
  'a %s with any field unsound is refused or taken in, and never ends in a 500',
  async (_type, message) => {
    const faults: string[] = [];
    const paid = (await bought(server.ledger, 'ada')).id;
    const open = (await buy(server.ledger, 'ada')).id;
    const sound = () => message(open, paid) as Message;
    const fields = Object.keys(sound().data.object);
    for (const field of [
      ...fields,
      'last_payment_error',
      'event.id',
      'event.created',
      'event.livemode',
      'event.data',
    ]) {
      for (const unsound of UNSOUND) {
        const told = sound();
        if (field === 'event.data') told.data = { object: unsound as never };
        else if (field.startsWith('event.')) told[field.slice('event.'.length)] = unsound;
        else told.data.object[field] = unsound;
        const { statusCode } = await webhook(told);
        if (statusCode >= 500) faults.push(`${field} ${JSON.stringify(unsound)}: ${statusCode}`);
      }
    }
    expect(faults).toEqual([]);
  },
);

test('a payment whose amount cannot be read moves nothing and is a case', async () => {
  for (const amount_total of ['400', 400.5, -400, 1e30]) {
    const { id } = await buy(server.ledger, 'ada');
    await paidFor(server.ledger, id, { said: 'paid' });
    const told = await webhook(sessionEvent('completed', { purchase: id, more: { amount_total } }));
    expect(told.statusCode).toBe(200);
    expect(await server.ledger.findPurchase(id)).toMatchObject({ status: 'open' });
    const { data } = await server.ledger.listPaymentCases({ status: 'open' }, { limit: 100 });
    const opened = data.find(({ purchase_id }) => purchase_id === id);
    expect(opened).toMatchObject({ reason_code: 'amount_unknown', paid: null });
  }
});
