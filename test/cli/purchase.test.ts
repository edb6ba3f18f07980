import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../src/client/boon-client.ts';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { boonCommand } from '../support/command-line.ts';
import { bought, buy, CONSENT, hear, usd } from '../support/purchases.ts';
import { WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../support/stripe-mock.ts';
import { later, START, seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { charge } from '../support/usage.ts';

let stripe: StripeMock;
let server: TestServer;
const run = (...args: string[]) =>
  boonCommand(args, { BOON_URL: server.baseUrl, BOON_API_KEY: server.apiKey });

beforeAll(async () => {
  stripe = await startStripeMock();
  const payments = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    apiBase: stripe.url,
    backTo: () => 'https://boon.example/credits',
  });
  const plans = { free: { five_hour: '1', weekly: '1', credits: ['codex'] } };
  server = await openTestServer({ policy: { plans }, parts: { payments } });
  await seedAccount(server.ledger, 'ada');
});
afterAll(async () => {
  await server.close();
  stripe.close();
});

test('packages are listed with their prices, and one is bought on a page', async () => {
  expect((await run('package', 'list')).out).toMatch(/credits-100 +100 credits +4\.00 USD/);
  const begun = await run('purchase', 'create', 'ada', 'credits-100', '--idempotency-key', 'one');
  expect(begun.out).toMatch(/status +open\npay at +https:/);
  const again = await run('purchase', 'create', 'ada', 'credits-100', '--idempotency-key', 'one', '--json');
  expect((await run('purchase', 'show', again.json().id)).out).toMatch(/price +4\.00 USD/);
  expect((await run('purchase', 'list', 'ada')).out.split('\n')).toHaveLength(2);
});

test('the client gives and withdraws the consent to top-ups', async () => {
  await bought(server.ledger, 'ada', 'credits-100', { save_card: true });
  const { purchases } = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  expect(await purchases.consentToTopUp('ada', CONSENT)).toMatchObject({ enabled: true, below: '20' });
  expect(await purchases.topUp('ada')).toMatchObject({ enabled: true, card_saved: true });
  expect(await purchases.withdrawTopUp('ada')).toMatchObject({ enabled: false });
  expect((await purchases.list('ada')).data[0]).toMatchObject({ account_id: 'ada' });
});

test('an account’s owner consents to top-ups, and withdraws it', async () => {
  const [name, below, cap] = ['credits-100', '20', '20.00 USD'];
  const consent = ['top-up', 'consent', 'ada', '--package', name, '--below', below, '--monthly-cap'];
  expect((await run(...consent, '20.00', '--consent')).err).toContain('an amount and its currency');
  expect((await run(...consent, cap)).err).toContain("required option '--consent' not specified");
  const given = await run(...consent, cap, '--consent');
  expect(given.out).toMatch(/tops up +yes\n[\s\S]*monthly cap +20\.00 USD\nspent this month +0\.00 USD\n/);
  expect((await run('top-up', 'show', 'ada')).out).toBe(given.out);
  expect((await run('top-up', 'withdraw', 'ada')).out).toMatch(/tops up +no\n/);
});

test('a purchase is refunded in part, once under its key, and the whole only where nothing of it is spent', async () => {
  await seedAccount(server.ledger, 'eve', { put: { plan: 'free' } });
  const { id } = await bought(server.ledger, 'eve');
  const part = [
    'refund',
    'create',
    id,
    '--amount',
    '1.00',
    '--reason',
    'a quarter',
    '--idempotency-key',
    'two',
  ];
  const first = await run(...part);
  expect(first.out).toMatch(/amount +1\.00 USD\nstatus +pending\ntaken back +25 credits/);
  expect((await run(...part, '--json')).json()).toMatchObject({ amount: usd(100), account_id: 'eve' });
  expect((await run('purchase', 'show', id)).out).toMatch(/refunding +1\.00 USD/);
  const [refund] = (await server.ledger.findPurchase(id)).refunds;
  expect((await run('refund', 'show', `${refund?.id}`)).out).toMatch(/status +pending\n/);
  const failed = { refund_id: `${refund?.id}`, status: 'failed', reason_code: 'charge_disputed' } as const;
  await server.ledger.hearOfRefund({ ...failed, at: START });
  expect((await run('purchase', 'show', id)).out).toContain('refund of 1.00 USD (charge_disputed)');

  await charge(server.ledger, 'eve', { units: '31' });
  const whole = ['refund', 'create', id, '--reason', 'the rest'];
  const refused = await run(...whole);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.err).toContain('Part of what was bought is spent');
  expect((await run(...whole, '--include-spent')).out).toMatch(/owed +30 credits/);
  expect(refused.err).toMatch(/: \d+\.\d\d USD can go back for the rest/);
  for (const amount of ['2.805', '0', '-1', '1,00', 'all'])
    expect((await run(...whole, '--amount', amount)).err, amount).toContain(
      `"${amount}" is no amount of USD`,
    );
});

test('payments that do not fit are listed page by page, shown and closed', async () => {
  await seedAccount(server.ledger, 'may');
  for (const amount of [1, 2, 3]) {
    const { id } = await buy(server.ledger, 'may');
    await hear(server.ledger, { id }, { said: 'paid', payment_id: `pi_${id}`, amount });
  }
  const first = await run('case', 'list', '--account', 'may', '--limit', '2');
  expect(first.out).toMatch(/cas_\w+ +open +may +wrong_amount +0\.0\d USD +pur_\w+/);
  const [, cursor = ''] = /--cursor (\S+)/.exec(first.out) ?? [];
  const rest = await run('case', 'list', '--account', 'may', '--cursor', cursor, '--json');
  expect(rest.json()).toMatchObject({ data: [{ status: 'open', account_id: 'may' }], next_cursor: null });
  const id = rest.json().data[0].id;
  expect((await run('case', 'show', id)).out).toMatch(/why +paid another amount[\s\S]*wanted +4\.00 USD/);
  const closing = ['case', 'close', id, '--reason', 'refunded at Stripe'];
  expect((await run(...closing)).out).toMatch(/status +closed[\s\S]*decided +refunded at Stripe/);
  const again = await run(...closing);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain('case_closed: key:key_bootstrap closed it: refunded at Stripe');
  expect((await run('case', 'list', '--status', 'closed', '--json')).json().data).toHaveLength(1);
  expect((await run('case', 'list', '--status', 'waiting')).err).toContain(
    'Allowed choices are open, closed',
  );
  expect((await run('case', 'list', '--help')).out).toContain('--status <status>');
});

test('what the provider has given back is corrected, with a reason', async () => {
  await seedAccount(server.ledger, 'kim');
  const { id } = await bought(server.ledger, 'kim');
  await hear(server.ledger, { id }, { said: 'refunded', amount: 400 });
  server.time.now = new Date(later(START, { seconds: 1 }));
  const correct = ['purchase', 'correct-refunded', id, '--refunded'];
  expect((await run(...correct, '1.00', '--reason', 'three failed')).out).toMatch(/refunded +1\.00 USD/);
  expect((await run(...correct, '0', '--reason', 'all failed', '--json')).json()).toMatchObject({
    refunded: usd(0),
  });
  expect((await run(...correct, '-1', '--reason', 'x')).err).toContain('"-1" is no amount of USD');
});

test('the client refunds', async () => {
  await seedAccount(server.ledger, 'bob');
  const { id } = await bought(server.ledger, 'bob');
  const { purchases } = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const asked = { reason: 'bought twice', amount: usd(40) };
  const refund = await purchases.refund(id, asked, { idempotencyKey: 'client' });
  expect(refund).toMatchObject({ status: 'pending', amount: usd(40), taken_back: { credits: '10' } });
  expect(await purchases.refund(id, asked, { idempotencyKey: 'client' })).toEqual(refund);
  expect((await purchases.get(id)).refunds).toEqual([refund]);
  await expect(purchases.refund(id, { reason: 'all', amount: usd(400) })).rejects.toMatchObject({
    code: 'over_refund',
  });
});
