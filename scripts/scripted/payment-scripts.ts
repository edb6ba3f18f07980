/** Scripts of the workflows `purchase`, `refund` and `billingCycle`. */
import { inTurn, refused, type Script, slowly } from './script.ts';

const DAY = 86_400_000;
const later = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();

function purchase(id: string, more: object = {}): Pick<Script, 'type' | 'id' | 'args'> {
  const open = { id, account_id: 'ada', kind: 'checkout', status: 'open', package: 'credits-100' };
  const args = [{ purchase: { ...open, expires_at: later(DAY), reason_code: null, ...more } }];
  return { type: 'purchase', id: `purchase/${id}`, args };
}
function refund(id: string, more: object = {}): Pick<Script, 'type' | 'id' | 'args'> {
  const pending = { id, purchase_id: 'one', account_id: 'ada', status: 'pending', amount: 400 };
  const args = [
    { refund: { ...pending, currency: 'usd', created_at: later(0), reason_code: null, ...more } },
  ];
  return { type: 'refund', id: `refund/${id}`, args };
}
function cycle(id: string, ends = 0): Pick<Script, 'type' | 'id' | 'args'> {
  const month = '2026-03-01';
  return {
    type: 'billingCycle',
    id: `billing-cycle/${id}/${month}`,
    args: [{ account_id: id, month, ends_at: later(ends) }],
  };
}
const OPEN = { status: 'open', reason_code: null };
const PAID = { status: 'paid', reason_code: null };
const PENDING = { status: 'pending', reason_code: null };
const INVOICE = { id: 'invoice-1', credits: '12.5', due_at: later(30 * DAY) };

/** Made anew for each recording: their times count from now. */
export const paymentScripts = (): Record<string, Script> => ({
  'purchase-asked-after': {
    ...purchase('asked'),
    skipsTime: true,
    answers: {
      readPurchase: inTurn(OPEN, { ...OPEN, case: { id: 'case-1', reason_code: 'amount_differs' } }),
      settlePurchase: inTurn(OPEN, PAID),
      sendPurchaseMail: refused(),
    },
    async meanwhile({ handle, until, pass }) {
      await until('timerStarted');
      await handle.signal('changed', { status: 'expired', reason_code: null });
      await until('timerStarted', 2);
      await handle.signal('changed');
      await until('timerStarted', 3);
      await pass(DAY);
      await until('timerStarted', 4);
      await pass(DAY);
    },
  },
  'purchase-paid-by-a-signal-that-wakes': {
    ...purchase('woken'),
    answers: { readPurchase: PAID, sendPurchaseMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.signal('changed', PAID);
    },
  },
  'purchase-signals-of-earlier-versions': {
    ...purchase('believed'),
    unpatched: true,
    answers: { sendPurchaseMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.signal('changed', 'nothing');
      await handle.signal('changed', OPEN);
      await handle.signal('changed', PAID);
    },
  },
  'purchase-settlement-refused': {
    ...purchase('refused', { expires_at: later(-DAY) }),
    answers: { settlePurchase: refused() },
  },
  'purchase-top-up-paid': {
    ...purchase('topped-up', { kind: 'top_up' }),
    answers: { chargeTopUp: PAID, sendPurchaseMail: null },
  },
  'purchase-invalid-input': { type: 'purchase', id: 'purchase/none' },
  'purchase-invalid-shape': purchase('shapeless', { status: 'lost', package: 1 }),

  'refund-asked-after': {
    ...refund('asked'),
    skipsTime: true,
    answers: {
      sendRefund: inTurn(PENDING, { status: 'succeeded', reason_code: null }),
      readRefund: PENDING,
      sendRefundMail: refused(),
    },
    async meanwhile({ handle, until, pass }) {
      await until('timerStarted');
      await handle.signal('changed', { status: 'succeeded', reason_code: null });
      await until('timerStarted', 2);
      await pass(DAY);
    },
  },
  'refund-read-in-vain': {
    ...refund('lost'),
    answers: { sendRefund: PENDING, readRefund: refused() },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.signal('changed');
    },
  },
  'refund-not-sent': { ...refund('unsent'), answers: { sendRefund: refused() } },
  'refund-signals-of-earlier-versions': {
    ...refund('believed'),
    unpatched: true,
    answers: { sendRefund: PENDING, sendRefundMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.signal('changed', 'nothing');
      await handle.signal('changed', { status: 'failed', reason_code: 'card_closed' });
    },
  },
  'refund-invalid-input': { type: 'refund', id: 'refund/none' },
  'refund-invalid-shape': refund('shapeless', { status: 'lost', amount: -1 }),

  'billing-cycle-neither-handed-on-nor-mailed': {
    ...cycle('alone'),
    answers: {
      closeBillingMonth: INVOICE,
      collectInvoice: refused(),
      mailInvoice: refused(),
      giveUpMail: 'failed',
    },
  },
  'billing-cycle-canceled': {
    ...cycle('canceled', DAY),
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.cancel();
    },
  },
  'billing-cycle-canceled-while-handed-on': {
    ...cycle('halved'),
    answers: { closeBillingMonth: INVOICE, collectInvoice: slowly(1_500, true) },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled', 2);
      await handle.cancel();
    },
  },
  'billing-cycle-without-input': { type: 'billingCycle', id: 'billing-cycle/none/2026-03-01' },
});
