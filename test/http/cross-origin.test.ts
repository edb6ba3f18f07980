import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const APP = 'https://app.example.com';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ parts: { corsOrigins: [APP, 'http://localhost:3000'] } });
  await seedAccount(server.ledger, 'ada');
});
afterAll(() => server.close());

function preflight(origin: string, path = '/v1/transfers', of = server) {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type,idempotency-key',
  };
  return of.send('OPTIONS', path, { as: null, headers });
}

test('a page on the list is told before it calls what it may send, without a credential', async () => {
  const { status, headers } = await preflight(APP);
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-origin')).toBe(APP);
  expect(headers.get('access-control-allow-methods')).toContain('PATCH');
  for (const name of ['authorization', 'content-type', 'idempotency-key']) {
    expect(headers.get('access-control-allow-headers')).toContain(name);
  }
  expect(headers.get('vary')).toMatch(/origin/i);
  expect(headers.get('access-control-allow-credentials'), 'no cookies are used').toBeNull();
  expect((await preflight('http://localhost:3000')).headers.get('access-control-allow-origin')).toBe(
    'http://localhost:3000',
  );
});

test('its calls are answered so that it may read them, refusals and unknown paths too', async () => {
  const get = (path: string) => server.send('GET', path, { headers: { origin: APP } });
  for (const [path, expected] of [
    ['/v1/accounts/ada', 200],
    ['/v1/accounts/nobody', 404],
    ['/v1/nothing', 404],
  ] as const) {
    const { status, headers } = await get(path);
    expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, expected, APP]);
    expect(headers.get('access-control-expose-headers')).toContain('x-request-id');
  }
});

test('a page that is not on the list may read nothing, a subdomain or another port neither', async () => {
  for (const origin of [
    'https://evil.example',
    'https://sub.app.example.com',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://app.example.com.evil.example',
    'null',
  ]) {
    expect((await preflight(origin)).headers.get('access-control-allow-origin'), origin).toBeNull();
    const { headers } = await server.send('GET', '/v1/accounts/ada', { headers: { origin } });
    expect(headers.get('access-control-allow-origin'), origin).toBeNull();
  }
});

test('pages and health are not the API: they say nothing of other origins', async () => {
  for (const path of ['/healthz', '/metrics', '/docs']) {
    const { headers } = await server.send('GET', path, { headers: { origin: APP } });
    expect(headers.get('access-control-allow-origin'), path).toBeNull();
  }
});

test('a path that there is not stays 404, and a method that it has not 405', async () => {
  expect((await server.send('GET', '/v1/nothing')).status).toBe(404);
  expect((await server.send('DELETE', '/v1/accounts/ada')).status).toBe(405);
});

test('without a list no page of another origin may call', async () => {
  const closed = await openTestServer();
  try {
    const { status, headers } = await preflight(APP, '/v1/transfers', closed);
    expect([status, headers.get('access-control-allow-origin')]).toEqual([405, null]);
    const read = await closed.send('GET', '/v1/accounts/ada', { headers: { origin: APP } });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  } finally {
    await closed.close();
  }
});
