import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../src/client/boon-client.ts';
import { createStripePayments } from '../../src/payments/stripe-payments.ts';
import { boonCommand } from '../support/command-line.ts';
import { bought, CONSENT } from '../support/purchases.ts';
import { WEBHOOK_SECRET } from '../support/stripe-events.ts';
import { type StripeMock, startStripeMock } from '../support/stripe-mock.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

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
  server = await openTestServer({ parts: { payments } });
  await seedAccount(server.ledger, 'ada');
});
afterAll(async () => {
  await server.close();
  stripe.close();
});

test('packages are listed with their prices, and one is bought on a page', async () => {
  expect((await run('purchase', 'packages')).out).toMatch(/credits-100 +100 credits +4\.00 USD/);
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
