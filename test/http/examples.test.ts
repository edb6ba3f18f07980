import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ApiRecord, recordApi } from '../support/api-record.ts';
import { BILLED } from '../support/billing.ts';
import { runToItsEnd } from '../support/campaigns.ts';
import { hear } from '../support/purchases.ts';
import { OPEN_PROGRAMS } from '../support/referral-rig.ts';
import { later, START } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { usd } from '../support/usd.ts';

const FILE = join(import.meta.dirname, '../../src/http/openapi/examples.json');
const ADA = '/v1/accounts/user_ada';
const reason = 'ticket 4711';
/** A payment provider whose messages are about nothing of ours. */
const PROVIDER = {
  openCheckout: async () => ({ id: 'cs_1', url: 'https://pay.example/cs_1' }),
  readWebhook: () => undefined,
};

let server: TestServer;
let api: ApiRecord;
beforeAll(async () => {
  server = await openTestServer({
    policy: { ...OPEN_PROGRAMS, plans: { business: BILLED.plans?.business ?? {} } },
    parts: { payments: PROVIDER as never },
  });
  api = await recordApi(server);
});
afterAll(() => server.close());

test('accounts and what they own', async () => {
  const person = {
    plan: 'plus',
    identity_verified_at: '2026-01-05T10:00:00Z',
    created_at: '2025-06-01T00:00:00Z',
  };
  const ada = { ...person, name: 'Ada', email: 'ada@example.com' };
  for (let times = 0; times < 2; times += 1) await api.call('PUT', ADA, ada);
  for (const id of ['user_grace', 'user_alan']) await api.call('PUT', `/v1/accounts/${id}`, person);
  await api.call('PATCH', '/v1/accounts/user_alan', { status: 'active', name: 'Alan' });
  await api.call('GET', '/v1/accounts?plan=plus&limit=2');
  await api.call('GET', ADA);
  const grant = { account_id: 'user_ada', amount: '200', source: 'purchased', reason: 'order 1017' };
  const { id } = await api.call('POST', '/v1/credits/grants', grant);
  await api.call('GET', '/v1/credits/grants?account_id=user_ada');
  await api.call('GET', `/v1/credits/grants/${id}`);
});

test('gifts', async () => {
  const gift = { from: 'user_ada', to: { account_id: 'user_grace' }, amount: '12.5', message: 'Thanks!' };
  const give = (more: object = {}) => api.call('POST', '/v1/transfers', { ...gift, ...more });
  const act = async (id: string, action: string, body: object = { reason }) =>
    await api.call('POST', `/v1/transfers/${id}/${action}`, body);
  const { id } = await give();
  await api.call('GET', `/v1/transfers/${id}`);
  await act(id, 'hold');
  await act(id, 'release');
  await act(id, 'reject');
  await act((await give()).id, 'cancel');
  const mailed = await give({ to: { email: 'alan@example.com' }, amount: '5' });
  const token = String(mailed.claim_url).split('#token=')[1];
  await act(mailed.id, 'claim', { token, account_id: 'user_alan' });
  const settled = await give();
  server.time.now = new Date(later(START, { days: 2 }));
  await server.ledger.advanceGift(settled.id, server.time.now.toISOString());
  await act(settled.id, 'reverse');
  for (const what of ['balance', 'statement?limit=2', 'gifting']) await api.call('GET', `${ADA}/${what}`);
  await api.call('GET', '/v1/transfers?account_id=user_ada&direction=sent&limit=1');
});

test('uses and resets', async () => {
  await api.call('POST', '/v1/resets/grants', { account_id: 'user_ada', count: 1, reason });
  await api.call('GET', `${ADA}/resets`);
  await api.call('POST', '/v1/usage', {
    account_id: 'user_ada',
    product: 'codex',
    units: '12.5',
    id: 'req_018f',
  });
  await api.call('GET', `${ADA}/usage`);
  await api.call('GET', `${ADA}/limits`);
  await api.call('POST', `${ADA}/resets/redeem`, { request_id: 'b1f0c7de-5f0e-4c39-9f0c-2f7f5b8a6a11' });
});

test('organisations and their invoices', async () => {
  const firm = { plan: 'business', kind: 'organisation', billing: 'invoice', billing_day: 1 };
  const invoices: string[] = [];
  for (const name of ['acme', 'globex']) {
    await api.call('PUT', `/v1/accounts/${name}`, firm);
    await api.call('PUT', `/v1/accounts/user_of_${name}`, { plan: 'business', org_id: name });
    await api.call('POST', '/v1/usage', {
      ...{ account_id: `user_of_${name}`, product: 'codex', units: '25', id: `req_${name}` },
    });
    if (name === 'acme') await api.call('GET', '/v1/accounts/acme/pool');
    const month = { account_id: name, month: '2026-03-01' };
    invoices.push((await server.ledger.closeBillingMonth(month, '2026-04-01T00:00:00.000Z')).id);
  }
  await api.call('GET', '/v1/accounts/acme/invoices');
  await api.call('GET', '/v1/invoices?month=2026-03&limit=1');
  server.time.now = new Date('2026-04-01T00:00:00.000Z');
  await api.call('POST', `/v1/invoices/${invoices[0]}/credit-notes`, { amount: usd(25), reason });
  await api.call('GET', `/v1/invoices/${invoices[0]}`);
  await api.call('POST', `/v1/invoices/${invoices[0]}/mark-paid`, { reference: 'wire 2026-04-07/118' });
  await api.call('POST', `/v1/invoices/${invoices[1]}/void`, { reason });
});

test('purchases', async () => {
  await api.call('GET', '/v1/credits/packages');
  const order = { account_id: 'user_ada', package: 'credits-100', save_card: true };
  const { id } = await api.call('POST', '/v1/credits/purchases', order);
  const at = server.time.now.toISOString();
  await hear(
    server.ledger,
    { id },
    { said: 'paid', payment_id: 'pi_1', customer_id: 'cus_1', checkout_id: 'cs_1', at },
  );
  await hear(server.ledger, { id }, { said: 'paid', payment_id: 'pi_2', checkout_id: 'cs_1', at });
  const asked = await api.call('POST', `/v1/credits/purchases/${id}/refund`, { reason, amount: usd(40) });
  await api.call('GET', `/v1/credits/refunds/${asked.id}`);
  await api.call('POST', `/v1/credits/purchases/${id}/correct-refunded`, { reason, refunded: usd(40) });
  await api.call('GET', `/v1/credits/purchases/${id}`);
  await api.call('GET', `${ADA}/purchases`);
  const cases = (await api.call('GET', '/v1/credits/cases?status=open')).data as { id: string }[];
  await api.call('GET', `/v1/credits/cases/${cases[0]?.id}`);
  await api.call('POST', `/v1/credits/cases/${cases[0]?.id}/close`, { reason: 'refunded at Stripe' });
  const consent = { package: 'credits-100', below: '20', monthly_cap: usd(2000), consent: true };
  await api.call('PUT', `${ADA}/top-up`, consent);
  await api.call('GET', `${ADA}/top-up`);
  await api.call('DELETE', `${ADA}/top-up`);
});

test('programs and referrals', async () => {
  const program = 'codex-selective';
  const invite = (email: string) =>
    api.call('POST', '/v1/referrals', { program, referrer_id: 'user_ada', email });
  await api.call('GET', `${ADA}/eligibility?program=${program}`);
  const { id } = await invite('friend@example.com');
  await api.call('POST', `/v1/referrals/${id}/resend`);
  const made = { plan: 'free', created_at: server.time.now.toISOString() };
  await api.call('PUT', '/v1/accounts/user_friend', made);
  await api.call('POST', `/v1/referrals/${id}/link-used`, { account_id: 'user_friend' });
  const at = server.time.now.toISOString();
  for (const n of [1, 2, 3])
    await api.call('POST', '/v1/activity', { id: `msg_${n}`, account_id: 'user_friend', kind: 'prompt', at });
  await server.ledger.rewardReferral(id, at);
  await api.call('GET', `/v1/referrals/${id}`);
  await api.call('POST', `/v1/referrals/${(await invite('other@example.com')).id}/cancel`, { reason });
  await api.call('GET', `/v1/referrals?program=${program}&limit=1`);
  await api.call('GET', `${ADA}/referrals?limit=1`);
  await api.call('GET', `${ADA}/reward-window?program=${program}`);
  await api.call('POST', `${ADA}/reward-window/raise-cap`, { program, cap: 5, reason: 'speaker' });
  await api.call('GET', `/v1/programs`);
  await api.call('GET', `/v1/programs/${program}`);
  const day = at.slice(0, 10);
  await api.call('GET', `/v1/programs/${program}/report?from=${day}&to=${day}`);
  await api.call('POST', `/v1/referrals/${id}/claw-back`, { reason });
});

test('campaigns', async () => {
  const body = { kind: 'grant_reset', filter: { plans: ['plus', 'pro'] }, reason: 'outage of 31 October' };
  const { id } = await api.call('POST', '/v1/campaigns', body);
  for (const action of ['pause', 'resume', 'cancel'])
    await api.call('POST', `/v1/campaigns/${id}/${action}`, { reason });
  await api.call('POST', `/v1/campaigns/${id}/resume`, { reason });
  await runToItsEnd(server.ledger, id, { at: server.time.now.toISOString() });
  await api.call('GET', '/v1/campaigns?limit=1');
  await api.call('GET', `/v1/campaigns/${id}`);
  await api.call('GET', `/v1/campaigns/${id}/accounts/user_ada`);
});

test('keys, the policy and what is stuck', async () => {
  const { id } = await api.call('POST', '/v1/api-keys', { name: 'billing service', scopes: ['gifts:read'] });
  await api.call('GET', `/v1/api-keys/${id}`);
  await api.call('POST', `/v1/api-keys/${id}/rotate`, { grace_seconds: 3600 });
  await api.call('GET', '/v1/api-keys?limit=1');
  await api.call('GET', '/v1/policy');
  await server.ledger.putAside('gift_ends', 'gft_bad', 'the row is poisoned', START);
  const stuck = (await api.call('GET', '/v1/stuck')).data as { id: string }[];
  await api.call('POST', `/v1/stuck/${stuck[0]?.id}/retry`);
  const payloads = [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'eyJyZWFzb24iOiJ3aHkifQ==' }];
  await api.call('POST', '/codec/decode', await api.call('POST', '/codec/encode', { payloads }));
  const told = { id: 'evt_1', type: 'invoice.created' };
  const headers = { 'stripe-signature': 't=1781168400,v1=5257a869e7ecebed' };
  await api.call('POST', '/v1/webhooks/stripe', told, { as: null, key: null, headers });
  for (const path of ['/healthz', '/readyz']) await api.call('GET', path, undefined, { as: null });
});

test('the examples of the OpenAPI document are these calls: `npx vitest -u` writes them anew', async () => {
  const examples = api.examples();
  // The whole policy is long.
  const policy = examples.getPolicy?.answers['200'] as { policy: { resets: object } };
  policy.policy = { resets: policy.policy.resets };
  // A server whose database is away answers no more calls.
  const ready = examples.getReadiness?.answers as Record<string, { checks: object }>;
  const checks = { ...ready['200']?.checks, database: 'unreachable' };
  ready['503'] = { ...ready['200'], ...{ status: 'unavailable', checks } };
  const recorded = Object.entries(examples).flatMap(([id, { answers }]) =>
    Object.keys(answers).map((status) => `${id} ${status}`),
  );
  expect(api.answers.filter((one) => !recorded.includes(one)).sort()).toEqual([]);
  await expect(`${JSON.stringify(examples, null, 1)}\n`).toMatchFileSnapshot(FILE);
});
