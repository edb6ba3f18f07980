import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../src/client/boon-client.ts';
import { boonCommand } from '../support/command-line.ts';
import { later, openTestLedger, START, seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await server.ledger.putAside('gift_ends', 'gft_bad', 'the row is poisoned', START);
  await server.ledger.putAside('gift_ends', 'gft_bad', 'the row is poisoned', later(START, { minutes: 1 }));
  await server.ledger.putAside('sealing', '*', 'no such column', later(START, { minutes: 2 }));
  server.time.now = new Date(later(START, { minutes: 2 }));
});
afterAll(() => server.close());

const items = async (path: string) => (await server.send('GET', path)).json.data as Record<string, unknown>[];

test('what is stuck is listed, the longest first, page by page and by duty', async () => {
  expect(await items('/v1/stuck')).toEqual([
    {
      id: expect.stringMatching(/^stk_[0-9a-f]{24}$/),
      what: 'gift_ends',
      item: 'gft_bad',
      since: START,
      tried_at: later(START, { minutes: 1 }),
      tries: 2,
      last_error: 'the row is poisoned',
      next_try_at: later(START, { minutes: 3 }),
    },
    expect.objectContaining({ what: 'sealing', item: '*', next_try_at: later(START, { minutes: 2 }) }),
  ]);
  const first = (await server.send('GET', '/v1/stuck?limit=1')).json;
  expect(await items(`/v1/stuck?limit=1&cursor=${first.next_cursor}`)).toMatchObject([{ what: 'sealing' }]);
  expect(await items('/v1/stuck?what=sealing')).toMatchObject([{ what: 'sealing' }]);
});

test('what is no list, duty or id is refused with its code', async () => {
  for (const path of ['/v1/stuck?what=nothing', '/v1/stuck?cursor=x', '/v1/stuck?limit=0']) {
    expect((await server.send('GET', path)).json.code, path).toBe('validation_failed');
  }
  expect((await server.send('POST', '/v1/stuck/stk_none/retry')).status).toBe(404);
  expect((await server.send('POST', `/v1/stuck/${'x'.repeat(101)}/retry`)).status).toBe(400);
  expect((await server.send('POST', '/v1/stuck/%00/retry')).status).toBe(400);
});

test('a retry that is repeated is answered as the first time', async () => {
  const [{ id } = {}] = await items('/v1/stuck?what=sealing');
  const path = `/v1/stuck/${id}/retry`;
  const first = await server.send('POST', path, { key: 'once' });
  const again = await server.send('POST', path, { key: 'once' });
  expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
});

test('it needs the scope stuck:operate', async () => {
  const made = await server.send('POST', '/v1/api-keys', { body: { name: 'n', scopes: ['gifts:operate'] } });
  const as = String(made.json.key);
  expect((await server.send('GET', '/v1/stuck', { as })).status).toBe(403);
  expect((await server.send('POST', '/v1/stuck/stk_x/retry', { as })).status).toBe(403);
});

test('readiness says degraded with the count, and a metric shows it by duty', async () => {
  const ready = await server.send('GET', '/readyz');
  expect([ready.status, ready.json]).toMatchObject([
    200,
    { status: 'degraded', stuck_items: 2, checks: { database: 'ok', temporal: 'ok', workers: 'ok' } },
  ]);
  const { text } = await server.send('GET', '/metrics');
  expect(text).toContain('boon_stuck_items{what="gift_ends"} 1');
  expect(text).toContain('boon_stuck_items{what="sealing"} 1');
});

test('a metric shows the age of the oldest transfer that no block has', async () => {
  const own = await openTestLedger();
  const other = await openTestServer({ ledger: own });
  const lag = async () =>
    Number(/^boon_sealing_lag_seconds (\S+)$/m.exec((await other.send('GET', '/metrics')).text)?.[1]);
  try {
    expect(await lag()).toBe(0);
    await seedAccount(own.ledger, 'late', { credits: '1' });
    await own.sql(`SET LOCAL session_replication_role = replica;
      UPDATE boon.transfers SET recorded_at = now() - interval '10 minutes'`);
    expect(await lag()).toBeGreaterThanOrEqual(600);
    expect(await lag()).toBeLessThan(900);
    await own.ledger.sealBlocks(START);
    expect(await lag()).toBe(0);
  } finally {
    await other.close();
    await own.close();
  }
});

test('without a worker readiness says degraded, and a metric moves', async () => {
  const other = await openTestServer();
  try {
    expect((await other.send('GET', '/readyz')).json).toMatchObject({ status: 'ready', stuck_items: 0 });
    expect((await other.send('GET', '/metrics')).text).toContain('boon_workers 1');
    other.giftProcess.workersPolling = 0;
    expect((await other.send('GET', '/readyz')).json).toMatchObject({
      status: 'degraded',
      checks: { workers: 'none' },
    });
    expect((await other.send('GET', '/metrics')).text).toContain('boon_workers 0');
    other.giftProcess.workersPolling = 2;
    other.giftProcess.waiting = [{ deployment: 'boon', build_id: '7' }];
    expect((await other.send('GET', '/readyz')).json).toMatchObject({
      status: 'degraded',
      checks: { workers: 'not_current' },
      fix: 'Run: temporal worker deployment set-current-version --deployment-name boon --build-id 7 --yes',
    });
    other.giftProcess.waiting = [];
    // A server that does not tell is not taken to have none.
    other.giftProcess.workersPolling = undefined;
    expect((await other.send('GET', '/readyz')).json).toMatchObject({
      status: 'ready',
      checks: { workers: 'unknown' },
    });
  } finally {
    await other.close();
  }
});

test('the command lists what is stuck and has it tried again', async () => {
  const run = (...args: string[]) =>
    boonCommand(args, { BOON_URL: server.baseUrl, BOON_API_KEY: server.apiKey });
  expect((await run('stuck', 'list')).out).toMatch(
    /gift_ends +gft_bad +2026-03-10T12:00:00.000Z +2 +.*the row is poisoned\n.*sealing +the whole duty/,
  );
  expect((await run('stuck', 'list', '--help')).out).toContain('--what <duty>');
  const { data } = (await run('stuck', 'list', '--what', 'gift_ends', '--json')).json();
  const retried = (await run('stuck', 'retry', data[0].id, '--json')).json();
  expect(retried.data).toMatchObject([{ item: 'gft_bad', next_try_at: later(START, { minutes: 2 }) }]);
  expect((await run('stuck', 'retry', '--all')).out).toContain('The next run tries them');
  expect((await run('stuck', 'retry')).err).toContain('Name one stuck item');
  expect((await run('stuck', 'retry', 'stk_none')).err).toContain('not_found');
});

test('the client does the same, and one that succeeds is not listed any more', async () => {
  const { stuck } = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const [first] = (await stuck.list({ what: 'gift_ends' })).data;
  expect(await stuck.retry(`${first?.id}`)).toMatchObject({ what: 'gift_ends' });
  await server.ledger.forgetStuck('gift_ends', ['gft_bad']);
  await server.ledger.forgetStuck('sealing', ['*']);
  expect((await stuck.list()).data).toEqual([]);
  expect((await server.send('GET', '/readyz')).json).toMatchObject({ status: 'ready', stuck_items: 0 });
});
