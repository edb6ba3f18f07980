import { afterAll, beforeAll, expect, test } from 'vitest';
import { businessKey } from '../../src/http/plugins/idempotency.ts';
import { presentUrl } from '../../src/http/route/aliases.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const BEFORE = '/v1/billing/credits';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'ada', { credits: '100' });
  await seedAccount(server.ledger, 'ben');
});
afterAll(() => server.close());

const gift = { from: 'ada', to: { account_id: 'ben' }, amount: '1' };

test.each([
  ['/v1/billing/credits/transfer', '/v1/transfers'],
  ['/v1/billing/credits/transfer?x=1', '/v1/transfers?x=1'],
  ['/v1/billing/credits/transfers', '/v1/transfers'],
  ['/v1/billing/credits/transfers?account_id=ada', '/v1/transfers?account_id=ada'],
  ['/v1/billing/credits/transfers/gft_1/hold', '/v1/transfers/gft_1/hold'],
  ['/v1/billing/credits/transferred', '/v1/billing/credits/transferred'],
  ['/v1/transfers', '/v1/transfers'],
])('%s is served as %s', (before, now) => {
  expect(presentUrl(before)).toBe(now);
});

test('a gift is given, shown, listed and held by the paths of before as by those of now, and names its kind there', async () => {
  const made = await server.send('POST', `${BEFORE}/transfer`, { body: gift });
  expect(made.status).toBe(202);
  const id = String(made.json.id);
  const shown = await server.send('GET', `/v1/transfers/${id}`);
  expect((await server.send('GET', `${BEFORE}/transfers/${id}`)).json).toEqual({
    object: 'credit_transfer',
    ...shown.json,
  });
  const listed = await server.send('GET', `${BEFORE}/transfers?account_id=ada`);
  const { data } = (await server.send('GET', '/v1/transfers?account_id=ada')).json;
  expect(listed.json.data).toEqual((data as object[]).map((row) => ({ object: 'credit_transfer', ...row })));
  const held = await server.send('POST', `${BEFORE}/transfers/${id}/hold`, { body: { reason: 'odd' } });
  expect([held.status, held.json.status]).toEqual([200, 'held']);
});

test('the same key gives once, whichever of the two paths it comes by', async () => {
  const first = await server.send('POST', `${BEFORE}/transfer`, { body: gift, key: 'both' });
  const second = await server.send('POST', '/v1/transfers', { body: gift, key: 'both' });
  expect(second.json.id).toBe(first.json.id);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
});

test('a write of before the path was replaced is found again: its record keeps the name that it had', async () => {
  const { json } = await server.send('POST', '/v1/transfers', { body: gift, key: 'upgrade' });
  await server.send('POST', `/v1/transfers/${json.id}/cancel`, { body: {}, key: 'upgrade' });
  const [key] = await server.sql('SELECT id FROM boon.api_keys');
  const caller = { kind: 'service', keyId: String(key?.id), name: '', scopes: [] } as const;
  const recorded = await server.sql('SELECT key FROM boon.idempotency_keys');
  for (const route of [
    'POST /v1/billing/credits/transfer',
    'POST /v1/billing/credits/transfers/:id/cancel',
  ]) {
    expect(recorded.map((row) => row.key)).toContain(businessKey(caller, route, 'upgrade'));
  }
});

test('the paths of before are not in the OpenAPI document', async () => {
  const { text } = await server.send('GET', '/openapi.json', { as: null });
  expect(text).not.toContain(BEFORE);
});
