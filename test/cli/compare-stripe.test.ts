import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BILLED, seedInvoiced } from '../support/billing.ts';
import { boonCommand, type Ran } from '../support/command-line.ts';
import { bought, buy, CONSENT, newPurchaseId, usd } from '../support/purchases.ts';
import { event, sessionEvent } from '../support/stripe-events.ts';
import { type StripeWithLists, startStripeWithLists } from '../support/stripe-with-lists.ts';
import { newKey, openTestLedger, START, seedAccount, type TestLedger } from '../support/test-ledger.ts';
import { charge } from '../support/usage.ts';

const SECOND = Date.parse(START) / 1000;
let own: TestLedger;
let stripe: StripeWithLists;
let people = 0;
let ada = '';
/** Purchases that this test has at Stripe. */
let mine: Set<string>;
beforeAll(async () => {
  own = await openTestLedger(BILLED);
});
afterAll(() => own.close());
beforeEach(async () => {
  stripe = await startStripeWithLists();
  people += 1;
  mine = new Set();
  ada = `ada-${people}`;
  await seedAccount(own.ledger, ada);
});
afterEach(() => stripe.close());

const available = async () => (await own.ledger.balance(ada, new Date().toISOString())).available;
function compare(...args: string[]): Promise<Ran> {
  return boonCommand(['ledger', 'compare-stripe', '--since', START, ...args], {
    DATABASE_URL: own.url,
    BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64'),
    STRIPE_API_KEY: 'sk_test_123',
    STRIPE_WEBHOOK_SECRET: 'whsec_test_secret',
    STRIPE_API_BASE: stripe.url,
  });
}
type Found = {
  kind: string;
  outcome: string;
  account_id: string | null;
  purchase_id: string;
  invoice_id: string;
};
/** What was found, in short: other tests' payments, which this test's Stripe does not have, are left out. */
async function found(...args: string[]): Promise<[string, string][]> {
  const { differences } = (await compare('--json', ...args)).json() as { differences: Found[] };
  return differences
    .filter(
      ({ account_id, purchase_id, invoice_id }) =>
        account_id === ada || mine.has(purchase_id) || mine.has(invoice_id),
    )
    .map(({ kind, outcome }) => [kind, outcome]);
}
const cases = async () => (await own.ledger.listPaymentCases({ account_id: ada }, { limit: 10 })).data;

/** A page that was paid at Stripe. */
function paidPage(
  purchase: string,
  more: { amount?: number; at?: number; kept?: object; page?: object } = {},
) {
  const { amount = 400, at = SECOND + 60 } = more;
  mine.add(purchase);
  const metadata = { purchase_id: purchase, kind: 'checkout', ...more.kept };
  const session = {
    ...objectOf(sessionEvent('completed', { purchase, amount })),
    metadata,
    created: at,
    expires_at: at + 86_400,
    success_url: 'https://boon.example/credits',
    ...more.page,
  };
  stripe.has['checkout/sessions'].unshift(session as never);
  stripe.has.payment_intents.unshift({
    id: `pi_${purchase}`,
    object: 'payment_intent',
    status: 'succeeded',
    created: at,
    amount,
    amount_received: amount,
    currency: 'usd',
    livemode: false,
    metadata,
  });
}
function refundThere(purchase: string, status: string, more: object = {}) {
  const refund = {
    id: `re_${purchase}`,
    object: 'refund',
    amount: 400,
    created: SECOND + 90,
    currency: 'usd',
    metadata: {},
    payment_intent: `pi_${purchase}`,
    status,
    ...more,
  };
  stripe.has.refunds = stripe.has.refunds.filter(({ id }) => id !== refund.id);
  stripe.has.refunds.unshift(refund);
}
function disputeThere(purchase: string, status: string, more: object = {}) {
  const id = `dp_${purchase}`;
  const about = { amount: 400, currency: 'usd', payment_intent: `pi_${purchase}`, metadata: {} };
  stripe.has.disputes = stripe.has.disputes.filter((one) => one.id !== id);
  stripe.has.disputes.unshift({ id, object: 'dispute', created: SECOND + 95, status, ...about, ...more });
}
const objectOf = (event: object) => (event as { data: { object: Record<string, unknown> } }).data.object;
/** Bought here and paid here, at Stripe too. */
async function paidAtBoth() {
  const purchase = await bought(own.ledger, ada);
  paidPage(purchase.id);
  return purchase;
}
/** A purchase whose page the ledger knows, and nobody has paid. */
async function open() {
  const purchase = await buy(own.ledger, ada);
  await own.ledger.noteCheckout(
    purchase.id,
    { id: `cs_test_${purchase.id}`, url: 'https://pay.example' },
    START,
  );
  return purchase;
}
const KEPT = { package: 'credits-100', credits: '100', resets: '0' };

test('a payment that the ledger does not know of is listed, moves nothing, and is recorded on demand, once', async () => {
  const purchase = await open();
  paidPage(purchase.id);
  const listed = await compare();
  expect(listed.code).toBe(1);
  expect(listed.out).toMatch(/paid there, unknown to the ledger .*paid 4\.00 USD +- +listed/);
  expect(listed.err).toContain('They differ in 1: with --apply the ledger records them.');
  expect(await available()).toBe('0');
  const applied = await compare('--apply');
  expect(applied.code).toBe(0);
  expect(await available()).toBe('100');
  expect(await found('--apply')).toEqual([]);
  expect(await available()).toBe('100');
});

test('where Stripe and the ledger agree nothing is found', async () => {
  const purchase = await paidAtBoth();
  refundThere(purchase.id, 'succeeded', { amount: 100 });
  await compare('--apply');
  const agreed = await compare();
  expect(agreed).toMatchObject({ code: 0 });
  expect(agreed.out).toMatch(
    /^Stripe and the ledger agree\.\nLooked at \d payments, 0 invoices, 1 refunds, 0 disputes\.$/,
  );
  expect(agreed.err).toContain('payments: 1 of 1 compared, 0 differences');
});

test('what another system sold on the same account at Stripe is no difference', async () => {
  paidPage('order-4711');
  refundThere('order-4711', 'succeeded');
  disputeThere('order-4711', 'lost');
  expect(await found()).toEqual([]);
});

describe('a payment', () => {
  test('of a page that is older than the time is found by the message of it', async () => {
    const purchase = await open();
    paidPage(purchase.id, { at: SECOND - 600 });
    expect(await found()).toEqual([]);
    const message = { ...sessionEvent('completed', { purchase: purchase.id }), created: SECOND + 1 };
    stripe.has.events.unshift(message as never);
    expect(await found('--apply')).toEqual([['payment_missing', 'applied']]);
    expect(await available()).toBe('100');
  });

  test('that does not fit its purchase becomes a case, and is not reported again', async () => {
    const purchase = await open();
    paidPage(purchase.id, { amount: 300 });
    expect(await found('--apply')).toEqual([['payment_missing', 'case']]);
    expect(await cases()).toMatchObject([{ reason_code: 'wrong_amount', paid: usd(300), status: 'open' }]);
    expect(await found()).toEqual([]);
  });

  test('of a purchase that the ledger has lost restores it, with what was bought', async () => {
    const id = newPurchaseId();
    paidPage(id, { kept: { account_id: ada, ...KEPT } });
    expect(await found()).toEqual([['purchase_missing', 'listed']]);
    expect(await found('--apply')).toEqual([['purchase_missing', 'applied']]);
    expect(await own.ledger.findPurchase(id)).toMatchObject({
      account_id: ada,
      status: 'paid',
      credits: '100',
      price: { amount: 400, currency: 'usd' },
      created_at: new Date((SECOND + 60) * 1000).toISOString(),
    });
    expect(await available()).toBe('100');
    expect(await found('--apply')).toEqual([]);
  });

  test('of a lost purchase is restored without the tax that came on top', async () => {
    const id = newPurchaseId();
    const page = { amount_total: 480, amount_subtotal: 400, total_details: { amount_tax: 80 } };
    paidPage(id, { amount: 480, kept: { account_id: ada, ...KEPT }, page });
    expect(await found('--apply')).toEqual([['purchase_missing', 'applied']]);
    expect(await own.ledger.findPurchase(id)).toMatchObject({ paid: usd(480), tax: usd(80) });
  });

  test('of a lost purchase of resets is restored too', async () => {
    const kept = { account_id: ada, package: 'reset-1', credits: '0', resets: '1' };
    const id = newPurchaseId();
    paidPage(id, { kept });
    expect(await found('--apply')).toEqual([['purchase_missing', 'applied']]);
    expect(await own.ledger.findPurchase(id)).toMatchObject({ status: 'paid', resets: 1 });
  });

  test.each([
    ['made by an earlier version, whose link names the account', {}, `https://boon.example/credits?account=`],
    [
      'with metadata that somebody cut',
      { package: 'credits-100', credits: 'many' },
      'https://x.example?account=',
    ],
  ])('of a lost purchase %s, is a case', async (_why, kept, link) => {
    const id = newPurchaseId();
    paidPage(id, { kept, page: { success_url: `${link}${ada}` } });
    expect(await found('--apply')).toEqual([['purchase_missing', 'case']]);
    expect(await cases()).toMatchObject([{ reason_code: 'purchase_unknown', paid: usd(400) }]);
    expect(await found('--apply')).toEqual([]);
  });

  test('of an account that was lost too is a case', async () => {
    const gone = `${ada}-gone`;
    paidPage(newPurchaseId(), { kept: { account_id: gone, ...KEPT } });
    expect(await found('--apply')).toEqual([['purchase_missing', 'case']]);
    const { data } = await own.ledger.listPaymentCases({ account_id: gone }, { limit: 10 });
    expect(data).toMatchObject([{ reason_code: 'purchase_unknown' }]);
  });

  test.each([
    ['with', 'applied'],
    ['without', 'case'],
  ])('of a lost top-up %s its consent ends as %s', async (consent, outcome) => {
    await bought(own.ledger, ada, 'reset-1', { at: START, save_card: true });
    await own.sql('UPDATE boon.purchases SET payment_id = NULL WHERE account_id = $1', [ada]);
    if (consent === 'with') await own.ledger.putTopUp(ada, CONSENT, 'user', START);
    const id = newPurchaseId();
    paidPage(id, { kept: { account_id: ada, ...KEPT } });
    stripe.has['checkout/sessions'] = [];
    Object.assign(stripe.has.payment_intents[0]?.metadata as object, { kind: 'top_up' });
    expect(await found('--apply')).toEqual([['purchase_missing', outcome]]);
    expect(await available()).toBe(outcome === 'applied' ? '100' : '0');
  });

  test('of another sum there than here is a case, and stays as it is here', async () => {
    const purchase = await bought(own.ledger, ada);
    paidPage(purchase.id, { amount: 500 });
    expect(await found('--apply')).toEqual([['payment_differs', 'case']]);
    expect(await cases()).toMatchObject([
      {
        reason_code: 'provider_differs',
        paid: usd(500),
        price: { amount: 400 },
        payment_id: `pi_${purchase.id}`,
      },
    ]);
    expect(await available()).toBe('100');
    expect(await found()).toEqual([]);
    const [one] = await cases();
    await own.ledger.closePaymentCase({
      key: newKey('close'),
      at: START,
      id: one?.id ?? '',
      reason: 'a discount',
      said_by: 'mia',
    });
    expect(await found('--apply')).toEqual([]);
  });

  test('that the provider does not know is a case', async () => {
    const purchase = await bought(own.ledger, ada);
    expect(await found()).toEqual([['payment_unknown', 'listed']]);
    expect(await found('--apply')).toEqual([['payment_unknown', 'case']]);
    expect(await cases()).toMatchObject([{ reason_code: 'provider_differs', purchase_id: purchase.id }]);
    expect(await found()).toEqual([]);
  });

  test('that is older than the time there and newer here is looked for by its id', async () => {
    const purchase = await bought(own.ledger, ada);
    paidPage(purchase.id, { at: SECOND - 600 });
    expect(await found()).toEqual([]);
  });

  test('paid a second time there is a case', async () => {
    const purchase = await paidAtBoth();
    paidPage(purchase.id);
    const [session, intent] = [stripe.has['checkout/sessions'][0], stripe.has.payment_intents[0]];
    if (session === undefined || intent === undefined) throw new Error('It was just paid');
    Object.assign(session, { id: 'cs_test_second', payment_intent: 'pi_second' });
    intent.id = 'pi_second';
    expect(await found('--apply')).toEqual([['payment_missing', 'case']]);
    expect(await cases()).toMatchObject([{ reason_code: 'paid_twice', payment_id: 'pi_second' }]);
    expect(await found('--apply')).toEqual([]);
  });
});

describe('a refund', () => {
  test('that the ledger has lost takes back what was bought, whoever asked for it', async () => {
    const purchase = await paidAtBoth();
    refundThere(purchase.id, 'succeeded', { metadata: { refund_id: 'rfd_lost', purchase_id: purchase.id } });
    expect(await found()).toEqual([['refund_missing', 'listed']]);
    expect(await found('--apply')).toEqual([['refund_missing', 'applied']]);
    expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({ refunded: usd(400) });
    expect(await available()).toBe('0');
    expect(await found('--apply')).toEqual([]);
  });

  test('of a purchase that the ledger has lost comes after it', async () => {
    const id = newPurchaseId();
    paidPage(id, { kept: { account_id: ada, ...KEPT } });
    refundThere(id, 'succeeded', { amount: 100 });
    expect(await found()).toEqual([
      ['purchase_missing', 'listed'],
      ['refund_missing', 'listed'],
    ]);
    expect(await found('--apply')).toEqual([
      ['purchase_missing', 'applied'],
      ['refund_missing', 'applied'],
    ]);
    expect(await available()).toBe('75');
  });

  test('that Boon was asked for and that is still on its way here is done when it is there', async () => {
    const purchase = await paidAtBoth();
    const { value } = await own.ledger.beginRefund({
      key: newKey('refund'),
      at: START,
      id: `rfd_${ada}`,
      purchase_id: purchase.id,
      reason: 'by mistake',
      asked_by: 'mia',
    });
    refundThere(purchase.id, 'succeeded', { metadata: { refund_id: value.id, purchase_id: purchase.id } });
    expect(await found('--apply')).toEqual([['refund_missing', 'applied']]);
    expect(await own.ledger.findRefund(value.id)).toMatchObject({ status: 'succeeded' });
  });

  test('that has failed there since gives back what it took, reported by its message', async () => {
    const purchase = await paidAtBoth();
    refundThere(purchase.id, 'succeeded', { created: SECOND - 5_000 });
    const news = { provider_id: `re_${purchase.id}`, payment_id: `pi_${purchase.id}`, amount: 400 };
    await own.ledger.hearOfRefund({ ...news, status: 'succeeded', at: '2026-03-10T11:00:00.000Z' });
    expect(await found()).toEqual([]);
    const object = { ...stripe.has.refunds[0], status: 'failed', failure_reason: 'lost_or_stolen_card' };
    const type = 'refund.failed';
    stripe.has.events.unshift({ id: 'evt_1', object: 'event', type, created: SECOND + 5, data: { object } });
    expect(await found('--apply')).toEqual([['refund_differs', 'applied']]);
    expect(await available()).toBe('100');
  });

  test('that has failed here and not there is a case', async () => {
    const purchase = await paidAtBoth();
    const news = {
      provider_id: `re_${purchase.id}`,
      payment_id: `pi_${purchase.id}`,
      amount: 400,
      at: START,
    };
    await own.ledger.hearOfRefund({ ...news, status: 'failed', reason_code: 'expired_card' });
    refundThere(purchase.id, 'succeeded');
    expect(await found('--apply')).toEqual([['refund_differs', 'case']]);
    expect(await cases()).toMatchObject([{ reason_code: 'provider_differs', purchase_id: purchase.id }]);
    expect(await found('--apply')).toEqual([]);
  });

  test('that the provider does not know is a case', async () => {
    const purchase = await paidAtBoth();
    const news = { provider_id: `re_${ada}`, payment_id: `pi_${purchase.id}`, amount: 100, at: START };
    await own.ledger.hearOfRefund({ ...news, status: 'succeeded' });
    expect(await found('--apply')).toEqual([['refund_unknown', 'case']]);
    expect(await found('--apply')).toEqual([]);
  });
});

describe('a dispute', () => {
  test.each([
    ['needs_response', '0', 400],
    ['lost', '0', 400],
    ['won', '100', 0],
  ])('that is %s there and unknown here is taken in', async (status, left, disputed) => {
    const purchase = await paidAtBoth();
    disputeThere(purchase.id, status);
    expect(await found('--apply')).toEqual([['dispute_missing', 'applied']]);
    expect(await own.ledger.findPurchase(purchase.id)).toMatchObject({ disputed: usd(disputed) });
    expect(await available()).toBe(left);
    expect(await found('--apply')).toEqual([]);
  });

  test('that was open here and is won there gives back what it took', async () => {
    const purchase = await paidAtBoth();
    disputeThere(purchase.id, 'needs_response', { created: SECOND - 9_000 });
    const news = { payment_id: `pi_${purchase.id}`, dispute_id: `dp_${purchase.id}`, amount: 400, at: START };
    await own.ledger.hearOfPayment({ ...news, said: 'disputed', status: 'open' });
    expect(await available()).toBe('0');
    // Open here, so it is asked after though neither list nor message tells of it.
    disputeThere(purchase.id, 'won', { created: SECOND - 9_000 });
    expect(await found('--apply')).toEqual([['dispute_differs', 'applied']]);
    expect(await available()).toBe('100');
  });

  test('that is closed here and open again there is a case', async () => {
    const purchase = await paidAtBoth();
    const news = { payment_id: `pi_${purchase.id}`, dispute_id: `dp_${purchase.id}`, amount: 400, at: START };
    await own.ledger.hearOfPayment({ ...news, said: 'disputed', status: 'won' });
    disputeThere(purchase.id, 'under_review');
    expect(await found('--apply')).toEqual([['dispute_differs', 'case']]);
  });

  test('that is an inquiry only is none', async () => {
    const purchase = await paidAtBoth();
    disputeThere(purchase.id, 'warning_needs_response');
    expect(await found()).toEqual([]);
  });
});

describe('an invoice', () => {
  const invoiceThere = (invoice_id: string, status: string) => ({
    id: `in_${invoice_id}`,
    object: 'invoice',
    created: SECOND + 60,
    status,
    amount_due: 700,
    amount_paid: status === 'paid' ? 700 : 0,
    total: 700,
    total_excluding_tax: 700,
    currency: 'usd',
    livemode: false,
    metadata: { invoice_id, account_id: ada },
  });
  const paidThere = (object: object) =>
    stripe.has.events.unshift({ ...event('invoice.paid', object), created: SECOND + 90 } as never);

  test.each(['open', 'paid'])('that is %s there and lost here is a case', async (status) => {
    const invoice = invoiceThere(`inv_${ada}`.replace('-', ''), status);
    if (status === 'open') stripe.has.invoices.unshift(invoice);
    else paidThere(invoice);
    expect(await found()).toEqual([['invoice_missing', 'listed']]);
    expect(await found('--apply')).toEqual([['invoice_missing', 'case']]);
    expect(await cases()).toMatchObject([
      { reason_code: 'provider_differs', invoice_id: invoice.metadata.invoice_id, paid: usd(700) },
    ]);
    expect(await found('--apply')).toEqual([]);
  });

  test('that is paid there and open here is paid here', async () => {
    const account_id = `${ada}-org`;
    await seedInvoiced(own.ledger, account_id, [`${ada}-member`]);
    await charge(own.ledger, `${ada}-member`, { units: '2.5' });
    const month = { account_id, month: '2026-03-01' };
    const org = await own.ledger.closeBillingMonth(month, '2026-04-01T00:00:00.000Z');
    const invoice = invoiceThere(org.id, 'paid');
    await own.ledger.noteInvoiceDraft(org.id, invoice.id, '2026-04-01T00:00:00.000Z');
    await own.ledger.noteInvoiceSent(org.id, null, '2026-04-01T00:00:00.000Z');
    mine.add(org.id);
    Object.assign(invoice, {
      amount_paid: org.total.amount,
      total: org.total.amount,
      total_excluding_tax: org.total.amount,
    });
    paidThere(invoice);
    expect(await found('--apply')).toEqual([['invoice_unpaid', 'applied']]);
    expect(await own.ledger.findInvoice(org.id)).toMatchObject({ status: 'paid' });
    expect(await found()).toEqual([]);
  });

  test('of another system is none', async () => {
    stripe.has.invoices.unshift(invoiceThere('order-4711', 'open'));
    expect(await found()).toEqual([]);
  });
});

describe('the lists', () => {
  test('are read to their end, page by page, with progress', async () => {
    for (let n = 0; n < 250; n += 1) paidPage(`order-${n}`);
    const purchase = await open();
    paidPage(purchase.id);
    // The oldest of all: the last of the last page.
    stripe.has['checkout/sessions'].push(...stripe.has['checkout/sessions'].splice(0, 1));
    const compared = await compare('--apply');
    expect(compared.code).toBe(0);
    expect(await available()).toBe('100');
    const asked = stripe.calls.filter((call) => call.startsWith('GET /v1/checkout/sessions?'));
    expect(asked.filter((call) => call.includes('starting_after='))).toHaveLength(2);
    expect(compared.err).toMatch(/pages that were paid: 200 read\n.*pages that were paid: 251 read/);
  });

  test('are asked for again when Stripe says that it is too often, after the time that it says', async () => {
    const purchase = await open();
    paidPage(purchase.id);
    stripe.failWith(429, 2, { 'retry-after': '0.01' });
    expect(await found('--apply')).toEqual([['payment_missing', 'applied']]);
  });

  test('that Stripe refuses end the comparison with one sentence, and what was found stands', async () => {
    const purchase = await bought(own.ledger, ada);
    paidPage(purchase.id, { amount: 500 });
    stripe.failWith(401, 1);
    const refused = await compare('--apply');
    expect(refused.code).toBe(1);
    expect(refused.err).toContain(
      'Stripe refused: for_the_test. What is listed is done; run it again for the rest.',
    );
  });
});

test('a time in the future, none, or no key of Stripe is reported', async () => {
  expect((await compare('--since', '2999-01-01T00:00:00Z')).err).toContain('must not be in the future');
  expect((await boonCommand(['ledger', 'compare-stripe'])).code).toBe(2);
  const env = { DATABASE_URL: own.url, BOON_ENCRYPTION_KEY: own.encryptionKey.toString('base64') };
  const keyless = await boonCommand(['ledger', 'compare-stripe', '--since', START], env);
  expect(keyless.err).toContain('Set STRIPE_API_KEY');
});
