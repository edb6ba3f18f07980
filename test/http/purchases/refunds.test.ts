import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newApiKey } from '../../../src/http/callers/api-key-secret.ts';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { give } from '../../support/gifts.ts';
import { bought, buy, usd } from '../../support/purchases.ts';
import { event, refundEvent, signed, WEBHOOK_SECRET } from '../../support/stripe-events.ts';
import { START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';
import { charge } from '../../support/usage.ts';

let server: TestServer;
let ada = '';
let people = 0;
const starts: string[] = [];
const changes: string[] = [];
let temporalIsAway = false;
beforeAll(async () => {
  const refundProcess = {
    start: async ({ id }: { id: string }) => {
      if (temporalIsAway) throw new Error('away');
      starts.push(id);
    },
    changed: async ({ id, status }: { id: string; status: string }) => void changes.push(`${id} ${status}`),
  };
  // Nothing that is tested here asks Stripe.
  const payments = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    apiBase: 'http://127.0.0.1:9',
    backTo: () => 'https://boon.example/credits',
  });
  server = await openTestServer({
    policy: { plans: { free: { five_hour: '1', weekly: '1', credits: ['codex'] } } },
    parts: { payments, refundProcess },
    jwt: { trustUnsigned: true },
  });
});
afterAll(() => server.close());
beforeEach(async () => {
  people += 1;
  ada = `ada-${people}`;
  temporalIsAway = false;
  await seedAccount(server.ledger, ada, { put: { plan: 'free' } });
});

test('ends the gifts that hold what was bought, whose processes are signaled', async () => {
  const bob = `bob-${people}`;
  await seedAccount(server.ledger, bob);
  const purchase = await bought(server.ledger, ada);
  const gift = await give(server.ledger, ada, bob, { amount: '60' });
  const other = await give(server.ledger, bob, ada, { amount: '1' }).catch(() => undefined);
  expect(other).toBeUndefined();
  await refund(purchase.id);
  expect(await server.ledger.findGift(gift.id)).toMatchObject({ reason_code: 'funding_refunded' });
  await server.starts.idle();
  expect(server.giftProcess.refreshed).toEqual([gift.id]);
});

const url = (id: string) => `/v1/credits/purchases/${id}/refund`;
const refund = (id: string, more: object = {}, sent: object = {}) =>
  server.send('POST', url(id), { body: { reason: 'bought twice', ...more }, ...sent });
const available = async () => (await server.ledger.balance(ada, START)).available;

/** What Stripe says of a refund of ours. */
function told(id: string, type: string, status: string, failure_reason: string | null = null) {
  return webhook(
    event(type, {
      id: `re_${id}`,
      object: 'refund',
      amount: 400,
      charge: 'ch_1',
      currency: 'usd',
      failure_reason,
      metadata: { refund_id: id },
      payment_intent: 'pi_1',
      status,
    }),
  );
}
function webhook(body: object) {
  const rawBody = JSON.stringify(body);
  const headers = { 'stripe-signature': signed(rawBody, server.time.now) };
  return server.send('POST', '/v1/webhooks/stripe', { rawBody, headers, as: null, key: null });
}

describe('GET /v1/credits/refunds/{id}', () => {
  test('shows a refund as its purchase does, and is 404 for one that there is not', async () => {
    const purchase = await bought(server.ledger, ada);
    const asked = await refund(purchase.id);
    const shown = await server.send('GET', `/v1/credits/refunds/${asked.json.id}`);
    expect([shown.status, shown.json]).toEqual([200, asked.json]);
    expect((await server.send('GET', '/v1/credits/refunds/rfd_none')).status).toBe(404);
    const asEndUser = (account: string) =>
      server.send('GET', `/v1/credits/refunds/${asked.json.id}`, {
        as: unsignedToken(account, server.time.now),
      });
    expect((await asEndUser(ada)).json, 'what the operator wrote is not for them').toEqual({
      ...asked.json,
      reason: null,
    });
    expect(await asEndUser('somebody')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });
});

describe('POST /v1/credits/purchases/{id}/refund', () => {
  test('takes all that is left at once, answers 202, starts its process, and shows in the purchase', async () => {
    const purchase = await bought(server.ledger, ada);
    const answer = await refund(purchase.id);
    expect(answer).toMatchObject({
      status: 202,
      json: {
        id: expect.stringMatching(/^rfd_/),
        purchase_id: purchase.id,
        account_id: ada,
        status: 'pending',
        amount: usd(400),
        reason: 'bought twice',
        taken_back: { credits: '100', resets: 0 },
        owed: '0',
      },
    });
    expect(await available()).toBe('0');
    await server.starts.idle();
    expect(starts).toContain(answer.json.id);
    expect(await server.send('GET', `/v1/credits/purchases/${purchase.id}`)).toMatchObject({
      json: { status: 'paid', refunded: usd(0), refunding: usd(400), refunds: [answer.json] },
    });
    const [row] = await server.sql('SELECT asked_by FROM boon.refunds WHERE id = $1', [answer.json.id]);
    expect(row).toEqual({ asked_by: 'key:key_bootstrap' });
  });

  test('sent again under its key answers the same refund as it stands; another body is a mismatch', async () => {
    const { id } = await bought(server.ledger, ada);
    const key = `refund-${ada}`;
    const first = await refund(id, { amount: usd(100) }, { key });
    await told(String(first.json.id), 'refund.updated', 'succeeded');
    const again = await refund(id, { amount: usd(100) }, { key });
    expect(again).toMatchObject({ status: 202, json: { id: first.json.id, status: 'succeeded' } });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await refund(id, { amount: usd(101) }, { key })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_mismatch' },
    });
    expect(await available()).toBe('75');
  });

  test('of spent credits is refused and says what goes; with include_spent they are owed', async () => {
    const { id } = await bought(server.ledger, ada);
    // The plan has one credit's worth.
    await charge(server.ledger, ada, { units: '31' });
    expect(await refund(id)).toMatchObject({
      status: 409,
      json: {
        code: 'already_spent',
        detail: 'Part of what was bought is spent: 2.80 USD can go back for the rest.',
        errors: [{ path: 'amount.amount', message: 'must be at most 280, or include_spent true' }],
      },
    });
    expect(await refund(id, { include_spent: true })).toMatchObject({
      status: 202,
      json: { amount: usd(400), taken_back: { credits: '70' }, owed: '30' },
    });
  });

  test('of too much, of what is not paid and of nothing is refused', async () => {
    const { id } = await bought(server.ledger, ada);
    const tooMuch = { status: 409, json: { code: 'over_refund', errors: [{ path: 'amount.amount' }] } };
    expect(await refund(id, { amount: usd(401) })).toMatchObject(tooMuch);
    const open = await buy(server.ledger, ada);
    expect(await refund(open.id)).toMatchObject({ status: 409, json: { code: 'not_paid' } });
    expect(await refund('pur_none')).toMatchObject({ status: 404, json: { code: 'not_found' } });
  });

  test.each([
    ['no reason', { reason: undefined }, 'reason'],
    ['nothing', { amount: usd(0) }, 'amount.amount'],
    ['half a coin', { amount: usd(0.5) }, 'amount.amount'],
    ['no money', { amount: 280 }, 'amount'],
    ['another currency', { amount: { amount: 280, currency: 'eur' } }, 'amount.currency'],
    ['another field', { amout: 1 }, 'amout'],
  ])('with %s is not valid', async (_what, body, path) => {
    const { id } = await bought(server.ledger, ada);
    expect(await refund(id, body)).toMatchObject({
      status: 400,
      json: { code: 'validation_failed', errors: [{ path }] },
    });
    expect(await available()).toBe('100');
  });

  test('needs a key, the scope purchases:operate, and is not for end users', async () => {
    const { id } = await bought(server.ledger, ada);
    expect(await refund(id, {}, { key: null })).toMatchObject({
      status: 400,
      json: { code: 'idempotency_key_required' },
    });
    const scoped = async (scope: string) => {
      const made = await server.send('POST', '/v1/api-keys', { body: { name: scope, scopes: [scope] } });
      return String(made.json.key);
    };
    const forbidden = { status: 403, json: { code: 'forbidden' } };
    expect(await refund(id, {}, { as: await scoped('purchases:write') })).toMatchObject(forbidden);
    expect(await refund(id, {}, { as: unsignedToken(ada, server.time.now) })).toMatchObject(forbidden);
    expect(await refund(id, {}, { as: newApiKey() })).toMatchObject({ status: 401 });
    expect(await available()).toBe('100');
    expect(await refund(id, {}, { as: await scoped('purchases:operate') })).toMatchObject({ status: 202 });
  });

  test('what the operator wrote is not shown to the buyer', async () => {
    const { id } = await bought(server.ledger, ada);
    await refund(id, { reason: 'looks like fraud' });
    const hidden = { refunds: [{ status: 'pending', reason: null }] };
    const as = unsignedToken(ada, server.time.now);
    expect(await server.send('GET', `/v1/credits/purchases/${id}`, { as })).toMatchObject({ json: hidden });
    expect(await server.send('GET', `/v1/accounts/${ada}/purchases`, { as })).toMatchObject({
      json: { data: [hidden] },
    });
  });

  test('stands when Temporal is away', async () => {
    temporalIsAway = true;
    const { id } = await bought(server.ledger, ada);
    expect(await refund(id)).toMatchObject({ status: 202, json: { status: 'pending' } });
    expect(await available()).toBe('0');
  });

  test('without a provider is refused, and nothing is taken', async () => {
    const bare = await openTestServer();
    await seedAccount(bare.ledger, ada);
    const { id } = await bought(bare.ledger, ada);
    expect(await bare.send('POST', url(id), { body: { reason: 'no provider' } })).toMatchObject({
      status: 409,
      json: { code: 'payments_off' },
    });
    expect((await bare.ledger.balance(ada, START)).available).toBe('100');
    await bare.close();
  });
});

describe('Stripe’s webhooks of a refund of ours', () => {
  test('with those of its charge, twenty of each at once, take back once', async () => {
    const purchase = await bought(server.ledger, ada);
    const { json } = await refund(purchase.id, { amount: usd(100) });
    const id = String(json.id);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => [
        told(id, n % 2 === 0 ? 'refund.created' : 'refund.updated', n % 4 === 0 ? 'pending' : 'succeeded'),
        webhook(refundEvent({ purchase: purchase.id, payment: `pi_${purchase.id}`, amount: 100 })),
      ]).flat(),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await available()).toBe('75');
    await server.starts.idle();
    expect(changes).toContain(`${id} succeeded`);
    expect(await server.ledger.findPurchase(purchase.id)).toMatchObject({
      refunded: usd(100),
      refunding: usd(0),
    });
  });

  test('that say it failed give back what it took, with the bank’s reason', async () => {
    const purchase = await bought(server.ledger, ada);
    const { json } = await refund(purchase.id);
    const id = String(json.id);
    await told(id, 'refund.updated', 'succeeded');
    await told(id, 'refund.failed', 'failed', 'lost_or_stolen_card');
    expect(await available()).toBe('100');
    expect(await server.ledger.findRefund(id)).toMatchObject({
      status: 'failed',
      reason_code: 'lost_or_stolen_card',
    });
    expect(changes).toContain(`${id} failed`);
  });

  test('about a refund that is none of ours change nothing', async () => {
    const other = await webhook(
      event('refund.created', { id: 're_1', object: 'refund', status: 'succeeded' }),
    );
    expect(other).toMatchObject({ status: 200, json: { of_a_purchase: false } });
    expect(await told('rfd_unknown', 'refund.updated', 'succeeded')).toMatchObject({
      status: 200,
      json: { of_a_purchase: false },
    });
  });
});
