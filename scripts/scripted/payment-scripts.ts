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
function cycle(id: string, ends = 0, more: object = {}): Pick<Script, 'type' | 'id' | 'args'> {
  const month = '2026-03-01';
  return {
    type: 'billingCycle',
    id: `billing-cycle/${id}/${month}`,
    args: [{ account_id: id, month, ends_at: later(ends), ...more }],
  };
}
const OPEN = { status: 'open', reason_code: null };
const PAID = { status: 'paid', reason_code: null };
const PENDING = { status: 'pending', reason_code: null };
const SUCCEEDED = { status: 'succeeded', reason_code: null };
/** What a run is handed of a request to cancel that was refused: not as it is written. */
const SHAPELESS = { refused: { at: 'once' } };
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
  'purchase-cancellation-requested': {
    ...purchase('unwanted'),
    answers: { closePurchase: { status: 'expired', reason_code: 'canceled' }, sendPurchaseMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.cancel();
    },
  },
  'purchase-cancellation-refused': {
    ...purchase('on-its-way'),
    lastRunToo: true,
    answers: { closePurchase: inTurn(OPEN, OPEN, PAID), readPurchase: OPEN, sendPurchaseMail: null },
    async meanwhile({ handle, update, until, untilAnotherRun }) {
      await until('timerStarted');
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await until('timerStarted');
      await update('refresh');
      await update('cancel', {});
      await update('cancel', { reason: 'changed my mind' });
    },
  },
  'purchase-paid-while-it-was-to-go-on': {
    ...purchase('paid-after-all'),
    answers: { closePurchase: inTurn(slowly(1_500, PAID), OPEN), sendPurchaseMail: null },
    async meanwhile({ handle, update, until }) {
      await until('timerStarted');
      const canceled = update('cancel', {});
      await until('activityTaskScheduled');
      await handle.cancel();
      await canceled;
    },
  },
  'purchase-cancellation-requested-when-paid': {
    ...purchase('too-late'),
    answers: { readPurchase: PAID, sendPurchaseMail: slowly(1_500, null) },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.signal('changed', PAID);
      await until('activityTaskScheduled');
      await handle.cancel();
    },
  },
  'purchase-top-up-cancellation-refused': {
    ...purchase('charged', { kind: 'top_up' }),
    answers: { chargeTopUp: slowly(1_500, PAID), sendPurchaseMail: null },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled');
      await handle.cancel();
    },
  },
  'purchase-cancellation-of-earlier-versions': {
    ...purchase('swallowed'),
    unpatched: true,
    answers: { sendPurchaseMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.cancel();
      await until('workflowTaskCompleted', 2);
      await handle.signal('changed', PAID);
    },
  },
  'purchase-begun-anew': {
    ...purchase('anew'),
    lastRunOnly: true,
    answers: { readPurchase: PAID, sendPurchaseMail: null },
    async meanwhile({ until, beginAnew }) {
      await until('timerStarted');
      await beginAnew();
    },
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
  'refund-cancellation-refused': {
    ...refund('called-back'),
    lastRunToo: true,
    answers: { sendRefund: inTurn(PENDING, SUCCEEDED), readRefund: PENDING, sendRefundMail: null },
    async meanwhile({ handle, update, until, untilAnotherRun }) {
      await until('timerStarted');
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await until('timerStarted');
      await update('refresh');
      await update('ask');
    },
  },
  'refund-succeeded-while-it-was-to-go-on': {
    ...refund('arrived-after-all'),
    answers: { sendRefund: inTurn(PENDING, slowly(1_500, SUCCEEDED)), sendRefundMail: null },
    async meanwhile({ handle, update, until }) {
      await until('timerStarted');
      const asked = update('ask');
      await until('activityTaskScheduled', 2);
      await handle.cancel();
      await asked;
    },
  },
  'refund-cancellation-requested-when-it-succeeded': {
    ...refund('too-late'),
    answers: { sendRefund: SUCCEEDED, sendRefundMail: slowly(1_500, null) },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled', 2);
      await handle.cancel();
    },
  },
  'refund-cancellation-of-earlier-versions': {
    ...refund('swallowed'),
    unpatched: true,
    answers: { sendRefund: PENDING, sendRefundMail: null },
    async meanwhile({ handle, until }) {
      await until('timerStarted');
      await handle.cancel();
      await until('workflowTaskCompleted', 3);
      await handle.signal('changed', SUCCEEDED);
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
  'billing-cycle-cancellation-refused': {
    ...cycle('unwilling', DAY),
    lastRunToo: true,
    answers: { readBillingMonth: inTurn({ charged: '5', invoice: null }, refused()) },
    async meanwhile({ handle, update, until, untilAnotherRun }) {
      await until('timerStarted');
      await update('refresh');
      const another = untilAnotherRun();
      await handle.cancel();
      await another;
      await until('timerStarted');
      await update('refresh');
      await handle.terminate('recorded');
    },
  },
  'billing-cycle-cancellation-refused-while-handed-on': {
    ...cycle('halved'),
    answers: {
      closeBillingMonth: INVOICE,
      collectInvoice: slowly(1_500, true),
      mailInvoice: 'sent',
    },
    async meanwhile({ handle, until }) {
      await until('activityTaskScheduled', 2);
      await handle.cancel();
    },
  },
  'billing-cycle-invalid-refusal': cycle('shapeless', 0, SHAPELESS),
  'billing-cycle-without-input': { type: 'billingCycle', id: 'billing-cycle/none/2026-03-01' },
});
