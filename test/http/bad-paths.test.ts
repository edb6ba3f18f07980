import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const TRANSFERS = '/v1/transfers';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'ada');
});
afterAll(() => server.close());

const reads: [string, number][] = [
  ['/v1/accounts/nobody', 404],
  ['/v1/accounts/nobody/balance', 404],
  ['/v1/accounts/nobody/gifting', 404],
  ['/v1/accounts/nobody/statement', 404],
  ['/v1/accounts/nobody/limits', 404],
  ['/v1/accounts/nobody/resets', 404],
  ['/v1/accounts/nobody/usage', 404],
  ['/v1/accounts/nobody/pool', 404],
  ['/v1/accounts/nobody/invoices', 404],
  ['/v1/accounts/nobody/purchases', 404],
  ['/v1/accounts/nobody/top-up', 404],
  ['/v1/accounts/nobody/referrals', 404],
  ['/v1/accounts/nobody/eligibility?program=codex_referral', 404],
  ['/v1/accounts/nobody/reward-window?program=codex_referral', 404],
  [`${TRANSFERS}?account_id=nobody`, 404],
  ['/v1/accounts/a%00b/balance', 400],
  ['/v1/accounts/a%20b/balance', 400],
  ['/v1/accounts/%F0%9F%98%80/balance', 400],
  ['/v1/accounts/%ZZ/balance', 400],
  ['/v1/accounts/%C0%80/balance', 400],
  [`/v1/accounts/${'a'.repeat(129)}/balance`, 400],
  [`/v1/accounts/${'a'.repeat(2000)}/balance`, 400],
  ['/v1/accounts/ada/balance?as_of=yesterday', 400],
  ['/v1/accounts/ada/balance?as_of=2026-02-30T00:00:00Z', 400],
  ['/v1/accounts/ada/balance?as_of=0000-01-01T00:00:00Z', 400],
  ['/v1/accounts/ada/statement?limit=0', 400],
  ['/v1/accounts/ada/statement?limit=101', 400],
  ['/v1/accounts/ada/statement?limit=ten', 400],
  ['/v1/accounts/ada/statement?cursor=nonsense', 400],
  ['/v1/accounts/ada/statement?limit=1&limit=2', 400],
  [`${TRANSFERS}/gft_none`, 404],
  [`${TRANSFERS}/gft%00`, 400],
  ['/v1/credits/purchases/pur%00', 400],
  ['/v1/credits/cases/cas%00', 400],
  ['/v1/invoices/inv%00', 400],
  [`${TRANSFERS}/..%2F..%2Fadmin`, 400],
  [TRANSFERS, 400],
  [`${TRANSFERS}?account_id=ada&direction=sideways`, 400],
  [`${TRANSFERS}?account_id=ada&status=lost`, 400],
  [`${TRANSFERS}?account_id=ada&cursor=bm9wZQ`, 400],
  ['/v1/api-keys?cursor=bm9wZQ', 400],
  ['/nothing/here', 404],
];

test.each(reads)('GET %s answers %i with a problem', async (path, status) => {
  const answer = await server.send('GET', path);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  expect(answer.json.status).toBe(status);
});

test.each([
  ['GET', '/nothing/here'],
  ['DELETE', '/v1/accounts/ada'],
])('%s %s, which no route answers, carries a request id as well', async (method, path) => {
  const answer = await server.send(method, path, { headers: { 'x-request-id': 'trace-18' } });
  expect(answer.headers.get('x-request-id')).toBe('trace-18');
});

test('a wrong path is told what to check, and it is not an id', async () => {
  expect((await server.send('GET', '/nothing/here')).json.fix).toMatch(/^Check the path/);
  expect((await server.send('GET', '/v1/accounts/nobody')).json.fix).toMatch(/^Check the id/);
});

test('what is missing, too large or unknown is said in words', async () => {
  const empty = await server.send('POST', TRANSFER, { body: {} });
  expect(empty.json.errors).toEqual([
    { path: 'from', message: 'is required' },
    { path: 'to', message: 'is required' },
  ]);
  const { json } = await server.send('GET', '/v1/accounts/ada/statement?limit=101');
  expect(json.errors).toEqual([{ path: 'limit', message: 'must be at most 100' }]);
});

test('a method that a path does not have is 405 and names those it has', async () => {
  const answer = await server.send('DELETE', '/v1/accounts/ada');
  expect([answer.status, answer.json.code, answer.headers.get('allow')]).toEqual([
    405,
    'method_not_allowed',
    'GET, HEAD, PATCH, PUT',
  ]);
});
