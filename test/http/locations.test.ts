import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHIPPED_POLICY } from '../../src/domain/shipped-policy.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  const program = { ...SHIPPED_POLICY.programs['codex-selective'], cohort: null };
  server = await openTestServer({ policy: { programs: { open: program } } as never });
  await seedAccount(server.ledger, 'ada', { credits: '100' });
  await seedAccount(server.ledger, 'ben');
});
afterAll(() => server.close());

const reason = 'for a test';

test.each<[method: 'POST' | 'PUT', path: string, status: number, body: object]>([
  ['PUT', '/v1/accounts/acme:new', 201, { plan: 'plus' }],
  ['POST', '/v1/credits/grants', 201, { account_id: 'ada', amount: '5', source: 'earned', reason }],
  ['POST', '/v1/resets/grants', 201, { account_id: 'ada', count: 1, reason }],
  ['POST', '/v1/api-keys', 201, { name: 'billing', scopes: ['accounts:read'] }],
  ['POST', '/v1/referrals', 201, { program: 'open', referrer_id: 'ada', email: 'new@example.com' }],
  ['POST', '/v1/transfers', 202, { from: 'ada', to: { account_id: 'ben' }, amount: '1' }],
  ['POST', '/v1/campaigns', 202, { kind: 'grant_reset', reason }],
])('%s %s answers %i, and what it made is read at its Location', async (method, path, status, body) => {
  const made = await server.send(method, path, { body });
  expect([made.status, made.json.code]).toEqual([status, undefined]);
  const read = await server.send('GET', String(made.headers.get('location')));
  expect(read.status).toBe(200);
  if (typeof made.json.id === 'string') expect(read.json.id).toBe(made.json.id);
});

test('a PUT of an account that is there answers 200 and no Location', async () => {
  const again = await server.send('PUT', '/v1/accounts/ben', { body: { plan: 'pro' } });
  expect([again.status, again.headers.get('location')]).toEqual([200, null]);
});
