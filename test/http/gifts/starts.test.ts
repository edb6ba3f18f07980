/** What is answered before any process knows of it: gifts, referrals, purchases, refunds, campaigns. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { giftWorkflowId } from '../../../src/contracts/gifts/gift.ts';
import type { Purchase } from '../../../src/contracts/purchases/purchase.ts';
import { createStripePayments } from '../../../src/payments/stripe-payments.ts';
import { give } from '../../support/gifts.ts';
import { bought } from '../../support/purchases.ts';
import { sessionEvent, signed, WEBHOOK_SECRET } from '../../support/stripe-events.ts';
import { seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const toBen = { from: 'ada', to: { account_id: 'ben' }, amount: '1' };

/** What reached Temporal, in order; while `gate` is shut, nothing does. */
const reached: string[] = [];
let open: () => void = () => undefined;
let gate: Promise<void> = Promise.resolve();
function shut(): void {
  gate = new Promise((resolve) => {
    open = resolve;
  });
}
async function reach(what: string): Promise<void> {
  await gate;
  reached.push(what);
}

let server: TestServer;
beforeAll(async () => {
  const payments = createStripePayments({
    apiKey: 'sk_test_123',
    webhookSecret: WEBHOOK_SECRET,
    apiBase: 'http://127.0.0.1:9',
    backTo: () => 'https://boon.example/credits',
  });
  const page = { id: 'cs_1', url: 'https://pay.example/1' };
  server = await openTestServer({
    policy: {
      gifts: { screening: { velocity: { verdict: 'allow' } }, limits: { per_day: { count: 1000 } } },
    },
    starts: { size: 6, concurrency: 1 },
    parts: {
      payments: { ...payments, openCheckout: async () => page },
      campaignProcess: { wake: ({ id }) => reach(`wake ${id}`) },
      purchaseProcess: {
        start: ({ id, status }) => reach(`start ${id} ${status}`),
        changed: ({ id, status }: Purchase) => reach(`tell ${id} ${status}`),
      },
      refundProcess: {
        start: ({ id }) => reach(`start ${id}`),
        changed: ({ id, status }) => reach(`tell ${id} ${status}`),
      },
    },
  });
  server.giftProcess.start = ({ id }) => reach(`start ${id}`);
  server.referralProcess.start = ({ id, status }) => reach(`start ${id} ${status}`);
  server.referralProcess.changed = ({ id, status }) => reach(`tell ${id} ${status}`);
  await seedAccount(server.ledger, 'ada', { credits: '500', put: { cohorts: ['codex-selective'] } });
  await seedAccount(server.ledger, 'ben');
});
afterAll(() => server.close());
afterEach(async () => {
  open();
  await server.starts.idle();
  reached.length = 0;
});

const readiness = async () =>
  (await server.send('GET', '/readyz')).json as { status: string; checks: object };
const metric = async (name: string) => {
  const { text } = await server.send('GET', '/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
};

describe('before Temporal has taken its start', () => {
  test('a gift is answered, with all that it has once its process runs', async () => {
    shut();
    const answer = await server.send('POST', TRANSFER, { body: toBen });
    expect([answer.status, answer.json.status]).toEqual([202, 'pending']);
    expect(reached).toEqual([]);
    expect((await server.send('GET', `/v1/transfers/${answer.json.id}`)).json).toEqual(answer.json);
    open();
    await server.starts.idle();
    expect(reached).toEqual([`start ${answer.json.id}`]);
  });

  test('a referral is answered, and the process begins with what happened to it meanwhile', async () => {
    shut();
    const held = await server.send('POST', TRANSFER, { body: toBen });
    const body = { program: 'codex-selective', referrer_id: 'ada', email: 'friend@example.com' };
    const invited = await server.send('POST', '/v1/referrals', { body });
    expect([invited.status, invited.json.status], invited.text).toEqual([201, 'invited']);
    const canceled = await server.send('POST', `/v1/referrals/${invited.json.id}/cancel`, { body: {} });
    expect(canceled.json.status, canceled.text).toBe('canceled');
    expect(reached).toEqual([]);
    open();
    await server.starts.idle();
    const { id } = invited.json;
    expect(reached).toEqual([`start ${held.json.id}`, `start ${id} canceled`, `tell ${id} canceled`]);
  });

  test('a purchase is answered, and so is the provider that reports its payment', async () => {
    shut();
    const held = await server.send('POST', TRANSFER, { body: toBen });
    const body = { account_id: 'ada', package: 'credits-100' };
    const begun = await server.send('POST', '/v1/credits/purchases', { body });
    expect([begun.status, begun.json.status], begun.text).toEqual([201, 'open']);
    const { id, price } = begun.json as unknown as Purchase;
    const rawBody = JSON.stringify(
      sessionEvent('completed', { purchase: id, checkout: 'cs_1', amount: price.amount }),
    );
    const headers = {
      'stripe-signature': signed(rawBody, server.time.now),
      'content-type': 'application/json',
    };
    const heard = await server.send('POST', '/v1/webhooks/stripe', { rawBody, headers, key: null, as: null });
    expect(heard.status, heard.text).toBe(200);
    expect(reached).toEqual([]);
    open();
    await server.starts.idle();
    expect(reached).toEqual([`start ${held.json.id}`, `start ${id} paid`, `tell ${id} paid`]);
  });

  test('a refund is answered, and the gifts that it ends are signaled after', async () => {
    const { id } = await bought(server.ledger, 'ben');
    const gift = await give(server.ledger, 'ben', 'ada', { amount: '80' });
    shut();
    const held = await server.send('POST', TRANSFER, { body: toBen });
    const refund = await server.send('POST', `/v1/credits/purchases/${id}/refund`, {
      body: { reason: 'wrong' },
    });
    expect([refund.status, refund.json.status], refund.text).toEqual([202, 'pending']);
    expect([reached, server.giftProcess.refreshed]).toEqual([[], []]);
    open();
    await server.starts.idle();
    expect(reached).toEqual([`start ${held.json.id}`, `start ${refund.json.id}`]);
    expect(server.giftProcess.refreshed).toEqual([gift.id]);
  });

  test('a campaign is answered, and is woken once for all that was done to it', async () => {
    shut();
    const held = await server.send('POST', TRANSFER, { body: toBen });
    const body = { kind: 'grant_reset', reason: 'an outage' };
    const begun = await server.send('POST', '/v1/campaigns', { body });
    expect([begun.status, begun.json.status], begun.text).toEqual([202, 'running']);
    const paused = await server.send('POST', `/v1/campaigns/${begun.json.id}/pause`);
    expect(paused.json.status).toBe('paused');
    open();
    await server.starts.idle();
    expect(reached).toEqual([`start ${held.json.id}`, `wake ${begun.json.id}`]);
  });

  test('the same key asks for no second start', async () => {
    shut();
    const held = await server.send('POST', TRANSFER, { body: toBen });
    const first = await server.send('POST', TRANSFER, { body: toBen, key: 'twice' });
    const again = await server.send('POST', TRANSFER, { body: toBen, key: 'twice' });
    expect(again.text).toBe(first.text);
    open();
    await server.starts.idle();
    expect(reached).toEqual([`start ${held.json.id}`, `start ${first.json.id}`]);
  });
});

test('when no more starts fit, gifts are accepted all the same, and readiness and metrics say so', async () => {
  shut();
  expect((await readiness()).checks).toMatchObject({ starts: 'ok' });
  const ids: string[] = [];
  // One under way, six that wait, two without room.
  for (let i = 0; i < 9; i += 1) {
    const answer = await server.send('POST', TRANSFER, { body: toBen });
    expect(answer.status, answer.text).toBe(202);
    ids.push(String(answer.json.id));
  }
  expect(await readiness()).toMatchObject({ status: 'degraded', checks: { temporal: 'ok', starts: 'full' } });
  expect(await metric('boon_starts_waiting')).toBe(6);
  expect(await metric('boon_starts_oldest_seconds')).toBeGreaterThan(0);
  expect(await metric('boon_starts_total{outcome="dropped"}'.replaceAll(/[{}]/g, '\\$&'))).toBe(2);
  open();
  await server.starts.idle();
  expect(reached).toEqual(ids.slice(0, 7).map((id) => `start ${id}`));
  expect(await readiness()).toMatchObject({ status: 'ready', checks: { starts: 'ok' } });
  expect(await metric('boon_starts_waiting')).toBe(0);
  expect(await metric('boon_starts_oldest_seconds')).toBe(0);
});

test('a server that stops starts what it has accepted', async () => {
  const stopping = await openTestServer({ ledger: server, starts: { concurrency: 1 } });
  const started: string[] = [];
  shut();
  stopping.giftProcess.start = async ({ id }) => {
    await gate;
    started.push(giftWorkflowId(id));
  };
  const ids: unknown[] = [];
  for (let i = 0; i < 5; i += 1) {
    const { json } = await stopping.send('POST', TRANSFER, { body: { ...toBen, amount: `${i + 1}` } });
    ids.push(giftWorkflowId(String(json.id)));
  }
  const closed = stopping.close();
  open();
  await closed;
  expect(started).toEqual(ids);
});
