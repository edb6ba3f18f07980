import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GiftProcess } from '../../src/contracts/gifts/gift-process.ts';
import { closeServer } from '../../src/http/close-server.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
const lines: string[] = [];
beforeAll(async () => {
  const logger = createLogger('debug', { write: (line) => lines.push(line) });
  server = await openTestServer({ parts: { logger } });
  await seedAccount(server.ledger, 'ada', { credits: '100' });
  await seedAccount(server.ledger, 'ben');
});
afterAll(() => server.close());

const gift = { from: 'ada', to: { account_id: 'ben' }, amount: '1' };

test('health, readiness, metrics and the document need no key', async () => {
  for (const path of [
    '/healthz',
    '/readyz',
    '/metrics',
    '/openapi.json',
    '/docs',
    '/docs/static/index.html',
  ]) {
    expect((await server.send('GET', path, { as: null })).status, path).toBe(200);
  }
});

test('metrics count requests by route and gifts by outcome', async () => {
  await server.send('POST', '/v1/transfers', { body: gift });
  await server.send('POST', '/v1/transfers', { body: { ...gift, amount: '999' } });
  const { text, headers } = await server.send('GET', '/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('boon_gifts_total{outcome="accepted"} 1');
  expect(text).toContain('boon_gifts_total{outcome="insufficient_credits"} 1');
  expect(text).toContain(
    'boon_http_request_seconds_count{method="POST",route="/v1/transfers",status="202"} 1',
  );
});

test('an answer carries the request’s id, the caller’s own if it is a sane one, and headers that protect it', async () => {
  const own = await server.send('GET', '/v1/accounts/ada', { headers: { 'x-request-id': 'trace-17' } });
  expect(own.headers.get('x-request-id')).toBe('trace-17');
  expect(own.headers.get('cache-control')).toBe('no-store');
  expect(own.headers.get('x-content-type-options')).toBe('nosniff');
  const odd = await server.send('GET', '/v1/accounts/ada', { headers: { 'x-request-id': 'a b<script>' } });
  expect(odd.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  const page = await server.send('GET', '/docs');
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
});

test('no log line holds a key, a token or an address', async () => {
  const mail = { from: 'ada', to: { email: 'secret.friend@example.com' }, amount: '1' };
  const answer = await server.send('POST', '/v1/transfers', { body: mail });
  const token = String(answer.json.claim_url).split('#token=')[1] ?? '';
  await server.send('POST', `/v1/transfers/${answer.json.id}/claim`, {
    body: { token, account_id: 'ben' },
  });
  server.app.log.info({ email: 'secret.friend@example.com', gift: { token } }, 'redacted');
  const log = lines.join('');
  expect(log).toContain('/v1/transfers/:id/claim');
  expect(log).toContain('[hidden]');
  for (const secret of [server.apiKey, token, 'secret.friend']) expect(log).not.toContain(secret);
});

test('a fault of our own is a problem with the request’s id and none of its innards', async () => {
  const broken = await openTestServer({
    parts: { giftProcess: { act: () => Promise.reject(new TypeError('innards')) } as unknown as GiftProcess },
  });
  try {
    const answer = await broken.send('POST', '/v1/transfers/gft_x/hold', {
      body: { reason: 'r' },
    });
    expect([answer.status, answer.json.code]).toEqual([500, 'internal']);
    expect(answer.json.request_id).toBe(answer.headers.get('x-request-id'));
    expect(answer.text).not.toContain('innards');
  } finally {
    await broken.close();
  }
});

test('with the database gone, reads are 503 with Retry-After, readiness too, and liveness is fine', async () => {
  const lost = await openTestServer();
  try {
    lost.ledger.ping = () => Promise.reject(new Error('gone'));
    const ready = await lost.send('GET', '/readyz');
    expect([ready.status, ready.json]).toMatchObject([
      503,
      { status: 'unavailable', checks: { database: 'unreachable' } },
    ]);
    expect((await lost.send('GET', '/healthz')).status).toBe(200);
  } finally {
    await lost.close();
  }
});

test('a caller over the limit gets 429 with Retry-After, and another caller does not', async () => {
  const limited = await openTestServer({ parts: { rateLimit: { service: 5, user: 0, wrongKeys: 0 } } });
  try {
    const made = await limited.send('POST', '/v1/api-keys', {
      body: { name: 'other', scopes: ['accounts:read'] },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await limited.send('GET', '/v1/accounts/x')).status);
    expect(statuses).toEqual([404, 404, 404, 404]);
    const over = await limited.send('GET', '/v1/accounts/x');
    expect([over.status, over.json.code]).toEqual([429, 'rate_limited']);
    const seconds = Number(over.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(over.headers.get('ratelimit-policy')).toBe('"minute";q=5;w=60');
    expect(over.headers.get('ratelimit')).toBe(`"minute";r=0;t=${seconds}`);
    expect(made.headers.get('ratelimit')).toMatch(/^"minute";r=4;t=\d+$/);
    expect((await limited.send('GET', '/v1/accounts/x', { as: String(made.json.key) })).status).toBe(404);
    expect((await limited.send('GET', '/healthz')).status, 'public paths have no limit').toBe(200);
  } finally {
    await limited.close();
  }
});

test('closing finishes the requests that run', async () => {
  const closing = await openTestServer();
  await seedAccount(closing.ledger, 'ada', { credits: '100' });
  await seedAccount(closing.ledger, 'ben');
  let accepts: () => void = () => undefined;
  const running = new Promise<void>((resolve) => {
    accepts = resolve;
  });
  const { acceptGift } = closing.ledger;
  closing.ledger.acceptGift = async (request) => {
    accepts();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await acceptGift(request);
  };
  const answer = closing.send('POST', '/v1/transfers', { body: gift });
  await running;
  const closed = closing.close();
  expect((await answer).status).toBe(202);
  const began = performance.now();
  await closed;
  expect(performance.now() - began, 'an open connection does not hold it up').toBeLessThan(30_000);
  await expect(closing.send('GET', '/healthz')).rejects.toThrow();
});

test('a request that does not end is ended when the patience is over', async () => {
  const stuck = await openTestServer();
  await seedAccount(stuck.ledger, 'ada', { credits: '100' });
  const never = new Promise<never>(() => undefined);
  stuck.giftProcess.act = () => never;
  const answer = stuck.send('POST', '/v1/transfers/gft_x/hold', { body: { reason: 'r' } });
  const outcome = expect(answer).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  await closeServer(stuck.app, stuck.starts, 200);
  expect(performance.now() - began).toBeLessThan(30_000);
  await outcome;
  await stuck.close();
});

test('wrong API keys are limited by address before the database, and keys that were right lately go on', async () => {
  const strict = await openTestServer({
    parts: { rateLimit: { service: 0, user: 0, wrongKeys: 3 }, trustedProxies: ['127.0.0.1'] },
  });
  try {
    const call = (as: string, from: string) =>
      strict.send('GET', '/v1/accounts/nobody', { as, headers: { 'x-forwarded-for': from } });
    expect((await call(strict.apiKey, '192.0.2.1')).status).toBe(404);
    const tries = [];
    for (let n = 0; n < 5; n++) tries.push(await call(`wrong-${n}`, '192.0.2.1'));
    expect(tries.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429]);
    expect(tries[4]?.json).toMatchObject({ code: 'rate_limited' });
    expect(Number(tries[4]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await call('wrong-of-another', '192.0.2.2')).status).toBe(401);
    expect((await call(strict.apiKey, '192.0.2.1')).status).toBe(404);
  } finally {
    await strict.close();
  }
});
