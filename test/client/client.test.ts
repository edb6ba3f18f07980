import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AnyBoonApiError,
  BoonApiError,
  BoonClient,
  isBoonApiError,
  type Transfer,
} from '../../src/client/index.ts';
import { later, START } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
let boon: BoonClient;
beforeAll(async () => {
  server = await openTestServer();
  boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  for (const id of ['ada', 'ben']) {
    await boon.accounts.put(id, {
      plan: 'plus',
      identity_verified_at: START,
      created_at: '2025-01-01T00:00:00Z',
    });
    await boon.grants.create({ account_id: id, amount: '100', source: 'purchased', reason: 'seed' });
  }
});
afterAll(() => server.close());

async function errorOf(call: Promise<unknown>): Promise<AnyBoonApiError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isBoonApiError(error)) throw new Error(`not a BoonApiError: ${error}`);
  return error;
}

test('a backend reads an account’s resets page by page', async () => {
  const granted = await boon.resets.grant({ account_id: 'ben', count: 5, reason: 'an outage' });
  const ids: string[] = [];
  for await (const { id } of boon.resets.listAll('ben', { limit: 2 })) ids.push(id);
  expect(ids).toEqual(granted.resets.map(({ id }) => id));
  expect(await boon.resets.list('ben', { limit: 2 })).toMatchObject({
    data: granted.resets.slice(0, 2),
    next_cursor: expect.any(String),
  });
});

test('a backend gives credits, follows the gift and reads balances', async () => {
  const gift = await boon.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '2' });
  expect(gift.status).toBe('pending');
  expect(await boon.transfers.get(gift.id)).toEqual(gift);
  expect(await boon.accounts.balance('ada')).toMatchObject({ available: '98', held: '2' });
  expect((await boon.accounts.balance('ada', { as_of: '2026-01-01T00:00:00Z' })).available).toBe('0');
  await boon.transfers.hold(gift.id, { reason: 'check' });
  await boon.transfers.release(gift.id);
  expect((await boon.transfers.cancel(gift.id)).status).toBe('canceled');
  expect((await boon.accounts.get('ada')).plan).toBe('plus');
  expect((await boon.accounts.gifting('ada')).eligible).toBe(true);
});

test('claim, reject and reverse do what they say', async () => {
  const byMail = await boon.transfers.create({ from: 'ada', to: { email: 'x@example.com' }, amount: '2' });
  const token = byMail.claim_url?.split('#token=')[1] ?? '';
  const claimed = await boon.transfers.claim(byMail.id, { token, account_id: 'ben' });
  expect(claimed.to).toEqual({ account_id: 'ben' });
  expect((await boon.transfers.reject(byMail.id, { reason: 'r' })).status).toBe('rejected');
  const settled = await boon.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '2' });
  await server.ledger.advanceGift(settled.id, later(START, { hours: 24 }));
  expect((await boon.transfers.reverse(settled.id, { reason: 'r' })).status).toBe('reversed');
});

test('lists are walked to their end', async () => {
  const sent: Transfer[] = [];
  for await (const gift of boon.transfers.listAll({ account_id: 'ada', direction: 'sent', limit: 1 }))
    sent.push(gift);
  expect(sent).toHaveLength(3);
  expect((await boon.transfers.list({ account_id: 'ada', status: 'reversed' })).data).toHaveLength(1);
  const movements = [];
  for await (const movement of boon.accounts.statementAll('ada', { limit: 2 })) movements.push(movement);
  expect(movements.length).toBeGreaterThan(4);
});

test('API keys are made, rotated and revoked', async () => {
  const made = await boon.apiKeys.create({ name: 'reader', scopes: ['accounts:read'] });
  const reader = new BoonClient({ baseUrl: server.baseUrl, apiKey: `${made.key}` });
  expect((await reader.accounts.get('ada')).id).toBe('ada');
  const rotated = await boon.apiKeys.rotate(made.id, { grace_seconds: 0 });
  expect((await errorOf(reader.accounts.get('ada'))).code).toBe('unauthorized');
  await boon.apiKeys.revoke(made.id);
  const revoked = new BoonClient({ baseUrl: server.baseUrl, token: () => `${rotated.key}` });
  expect((await errorOf(revoked.accounts.get('ada'))).code).toBe('unauthorized');
});

test('a refusal is a BoonApiError told apart by its code', async () => {
  const error = await errorOf(
    boon.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '500' }),
  );
  expect(error).toBeInstanceOf(BoonApiError);
  switch (error.code) {
    case 'insufficient_credits':
      expect([error.status, error.retryable, error.fix]).toEqual([
        409,
        false,
        'Give less, or add credits first.',
      ]);
      break;
    default:
      expect.unreachable(error.code);
  }
  const invalid = await errorOf(
    boon.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '1.50' }),
  );
  expect([invalid.code, invalid.errors[0]?.path]).toEqual(['validation_failed', 'amount']);
});

test('an error of another copy of the package is recognised as one, and nothing else is', async () => {
  // Another module of the same file: as a second version, or CommonJS beside ES modules.
  const again = '../../src/client/boon-api-error.ts?copy';
  const copy: typeof import('../../src/client/boon-api-error.ts') = await import(again);
  const theirs = new copy.BoonApiError({ code: 'not_found', detail: 'd', status: 404 });
  expect(theirs instanceof BoonApiError).toBe(false);
  expect([isBoonApiError(theirs), copy.isBoonApiError(theirs)]).toEqual([true, true]);
  for (const other of [new Error('not_found'), { ...theirs }, null, undefined, 'not_found']) {
    expect(isBoonApiError(other)).toBe(false);
  }
});

test('one idempotency key of the caller’s own is one gift', async () => {
  const give = () =>
    boon.transfers.create(
      { from: 'ada', to: { account_id: 'ben' }, amount: '1' },
      { idempotencyKey: 'order-1' },
    );
  const [first, second] = await Promise.all([give(), give()]);
  expect(first).toEqual(second);
});

/** A server that answers as told, in turn, and notes what it was asked. */
type Reply =
  | { status: number; body?: string; headers?: Record<string, string> }
  | 'drop'
  | 'hang'
  | 'forward';
type Asked = { method: string; key: string | undefined };

async function withFlakyServer(
  replies: Reply[],
  use: (url: string, asked: Asked[]) => Promise<void>,
): Promise<void> {
  const asked: Asked[] = [];
  const flaky: Server = createServer(async (request, response) => {
    asked.push({
      method: request.method ?? '',
      key: request.headers['idempotency-key'] as string | undefined,
    });
    const reply = replies.shift() ?? 'forward';
    if (reply === 'drop') return request.socket.destroy();
    if (reply === 'hang') return;
    const real = reply === 'forward' ? await forward(request) : reply;
    response
      .writeHead(real.status, { 'content-type': 'application/json', ...real.headers })
      .end(real.body ?? '');
  });
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
  try {
    await use(`http://127.0.0.1:${(flaky.address() as AddressInfo).port}`, asked);
  } finally {
    flaky.closeAllConnections();
    flaky.close();
  }
}

async function forward(
  request: IncomingMessage,
): Promise<{ status: number; body: string; headers: Record<string, string> }> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const answer = await fetch(`${server.baseUrl}${request.url}`, {
    method: request.method ?? 'GET',
    headers: request.headers as Record<string, string>,
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
  return {
    status: answer.status,
    body: await answer.text(),
    headers: { 'content-type': 'application/json' },
  };
}

test('lost connections, 5xx and rate limits are tried again with the same key, and it is one gift', async () => {
  const before = (await boon.transfers.list({ account_id: 'ada', limit: 100 })).data.length;
  await withFlakyServer(
    ['drop', { status: 503 }, { status: 502, body: '<html>' }, rateLimited()],
    async (baseUrl, asked) => {
      const client = new BoonClient({ baseUrl, apiKey: server.apiKey });
      const gift = await client.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '1' });
      expect(gift.status).toBe('pending');
      expect(asked).toHaveLength(5);
      expect(new Set(asked.map((call) => call.key)).size).toBe(1);
    },
  );
  expect((await boon.transfers.list({ account_id: 'ada', limit: 100 })).data.length - before).toBe(1);
});

function rateLimited(retryAfter = '0'): Reply {
  return {
    status: 429,
    body: '{"code":"rate_limited","detail":"slow down"}',
    headers: { 'retry-after': retryAfter },
  };
}

test('a Retry-After is waited for', async () => {
  await withFlakyServer([rateLimited('1')], async (baseUrl) => {
    const began = performance.now();
    await new BoonClient({ baseUrl, apiKey: server.apiKey }).accounts.get('ada');
    expect(performance.now() - began).toBeGreaterThan(950);
  });
});

test('a refusal is not tried again, nor a limit that lasts for hours', async () => {
  const refused: Reply = { status: 409, body: '{"code":"already_resolved","detail":"d"}' };
  const limit: Reply = { status: 429, body: '{"code":"limit_reached","detail":"d"}' };
  await withFlakyServer([refused, limit], async (baseUrl, asked) => {
    const client = new BoonClient({ baseUrl, apiKey: server.apiKey });
    expect((await errorOf(client.accounts.get('ada'))).code).toBe('already_resolved');
    expect((await errorOf(client.accounts.get('ada'))).code).toBe('limit_reached');
    expect(asked).toHaveLength(2);
  });
});

test('an API key is made once for an idempotency key, and shown once', async () => {
  const make = () =>
    boon.apiKeys.create({ name: 'once', scopes: ['gifts:read'] }, { idempotencyKey: 'key-for-once' });
  const [first, again] = [await make(), await make()];
  expect(again).toEqual({ ...first, key: null });
});

test('a server that does not answer in time is unavailable after the retries', async () => {
  await withFlakyServer(['hang', 'hang'], async (baseUrl, asked) => {
    const client = new BoonClient({ baseUrl, apiKey: server.apiKey, timeoutMs: 100, retries: 1 });
    const error = await errorOf(client.accounts.get('ada'));
    expect([error.code, error.status, error.retryable, asked.length]).toEqual(['unavailable', 0, true, 2]);
  });
});

test('a code that this client does not know is internal and keeps the raw one', async () => {
  await withFlakyServer(
    [{ status: 418, body: '{"code":"from_the_future","detail":"d"}' }],
    async (baseUrl) => {
      const error = await errorOf(new BoonClient({ baseUrl, apiKey: server.apiKey }).accounts.get('ada'));
      expect([error.code, error.rawCode, error.status]).toEqual(['internal', 'from_the_future', 418]);
      expect(error.problem).toMatchObject({ code: 'from_the_future' });
    },
  );
});

test('a signal ends a call and its retries', async () => {
  await withFlakyServer(['hang'], async (baseUrl) => {
    const controller = new AbortController();
    const call = new BoonClient({ baseUrl, apiKey: server.apiKey }).accounts.get('ada', {
      signal: controller.signal,
    });
    const outcome = expect(call).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await outcome;
  });
});
