import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/index.ts';
import { grant } from '../../support/gifts.ts';
import { bank } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';
import { seedOrganisation } from '../../support/usage.ts';

let server: TestServer;
let client: BoonClient;
beforeAll(async () => {
  server = await openTestServer({
    policy: {
      plans: { plus: { five_hour: '10', weekly: '25' }, business: { five_hour: '10', weekly: '25' } },
    },
  });
  client = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
});
afterAll(() => server.close());

let serial = 0;
const body = (account_id: string, more: object = {}) => {
  serial += 1;
  return { account_id, product: 'codex', units: '4', id: `req-${serial}`, ...more };
};
const post = (sent: object) => server.send('POST', '/v1/usage', { body: sent, key: null });

describe('POST /v1/usage', () => {
  test('charges without an Idempotency-Key, says what paid, and answers the same once more', async () => {
    await seedAccount(server.ledger, 'ada', { credits: '5' });
    const use = body('ada', { units: '12.5' });
    const first = await post(use);
    expect(first).toMatchObject({ status: 200 });
    expect(first.json).toEqual({
      allowed: true,
      charged: { plan: '10', credits: '2.5' },
      windows: {
        five_hour: { used: '10', limit: '10', started_at: START, resets_at: later(START, { hours: 5 }) },
        weekly: { used: '10', limit: '25', started_at: START, resets_at: later(START, { days: 7 }) },
      },
      available: '2.5',
    });
    const again = await post(use);
    expect([again.text, again.headers.get('idempotent-replayed')]).toEqual([first.text, 'true']);
    expect((await post({ ...use, units: '1' })).json).toMatchObject({
      status: 422,
      code: 'idempotency_mismatch',
    });
    const { json } = await server.send('GET', '/v1/accounts/ada/limits');
    expect(json).toMatchObject({ windows: first.json.windows, available: '2.5' });
  });

  test('that reaches the limit is 429 with the next window, the resets in the bank and where to add credits', async () => {
    await seedAccount(server.ledger, 'bob');
    await bank(server.ledger, 'bob', { count: 2 });
    await post(body('bob', { units: '10' }));
    const refused = await post(body('bob'));
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(refused.json).toMatchObject({
      code: 'limit_reached',
      reason_code: 'no_credits',
      next_window_at: later(START, { hours: 5 }),
      resets_available: 2,
      add_credits_url: expect.stringMatching(
        /^https:\/\/boon\.example\/credits\?account=bob&ticket=buy\.\d+\.[\w-]{43}$/,
      ),
    });
    const seconds = (Date.parse(later(START, { hours: 5 })) - server.time.now.getTime()) / 1000;
    expect(refused.headers.get('retry-after')).toBe(`${seconds}`);
    expect(refused.json.fix).toBe(
      `Wait until ${later(START, { hours: 5 })}, or redeem a banked reset, or add credits.`,
    );
    const tooLarge = await post(body('bob', { units: '1000000' }));
    expect([tooLarge.headers.get('retry-after'), tooLarge.json.fix]).toEqual([null, 'Add credits.']);
    expect(refused.json.detail).toMatch(
      /2 banked resets can be redeemed to go on now\. There are not enough credits/,
    );
    await expect(client.usage.record(body('bob'))).rejects.toMatchObject({
      code: 'limit_reached',
      reasonCode: 'no_credits',
      limit: {
        next_window_at: later(START, { hours: 5 }),
        resets_available: 2,
        add_credits_url: refused.json.add_credits_url,
      },
    });
  });

  test('asks, where the account wants to be asked', async () => {
    await seedAccount(server.ledger, 'cy', { credits: '50' });
    await server.send('PUT', '/v1/accounts/cy', {
      body: { plan: 'plus', use_credits: 'ask', spending_limit: '6' },
    });
    await post(body('cy', { units: '10' }));
    const use = body('cy');
    expect((await post(use)).json).toMatchObject({ reason_code: 'credits_on_request' });
    expect((await post({ ...use, use_credits: true })).json).toMatchObject({
      charged: { plan: '0', credits: '4' },
    });
    expect((await post(body('cy', { use_credits: true }))).json).toMatchObject({
      reason_code: 'spending_limit',
    });
  });

  test('refuses what is no use', async () => {
    await seedAccount(server.ledger, 'dan');
    const invalid = async (more: object) => {
      const { status, json } = await post(body('dan', more));
      return [status, (json.errors as { path: string }[] | undefined)?.[0]?.path];
    };
    expect(await invalid({ units: 4 })).toEqual([400, 'units']);
    expect(await invalid({ units: '0' })).toEqual([400, 'units']);
    expect(await invalid({ units: '1.0000001' })).toEqual([400, 'units']);
    expect(await invalid({ product: 'tea' })).toEqual([400, 'product']);
    expect(await invalid({ id: 'with space' })).toEqual([400, 'id']);
    expect(await invalid({ at: later(START, { minutes: 5, ms: 1 }) })).toEqual([400, 'at']);
    expect(await invalid({ at: later(START, { days: -1, ms: -1 }) })).toEqual([400, 'at']);
    expect(await post(body('dan', { at: later(START, { minutes: 5 }) }))).toMatchObject({ status: 200 });
    expect((await post(body('nobody'))).json).toMatchObject({ status: 404, code: 'not_found' });
    await server.send('PUT', '/v1/accounts/dan', { body: { plan: 'plus', status: 'frozen' } });
    expect((await post(body('dan'))).json).toMatchObject({ status: 403, code: 'account_frozen' });
  });

  test('of a clock up to five minutes ahead happened now: the limits say the same, and credits are still there', async () => {
    await seedAccount(server.ledger, 'ida', { credits: '5', expires_at: later(START, { minutes: 2 }) });
    const ahead = later(START, { minutes: 5 });
    const { json } = await post(body('ida', { units: '12', at: ahead }));
    expect(json).toMatchObject({
      charged: { plan: '10', credits: '2' },
      windows: { five_hour: { started_at: START } },
      available: '3',
    });
    const limits = (await server.send('GET', '/v1/accounts/ida/limits')).json;
    expect([limits.windows, limits.credits]).toEqual([json.windows, json.balance]);
    expect((await client.usage.list('ida', {})).data).toMatchObject([{ at: START }]);
  });

  test('needs its scope', async () => {
    const { key } = await client.apiKeys.create({ name: 'reader', scopes: ['accounts:read'] });
    const { status } = await server.send('POST', '/v1/usage', { body: body('ada'), key: null, as: key });
    expect(status).toBe(403);
  });
});

describe('what was used', () => {
  test('is listed page by page, each use with the windows and lots that paid', async () => {
    await seedAccount(server.ledger, 'eve', { credits: '50' });
    for (const units of ['8', '4', '3']) await client.usage.record(body('eve', { units }));
    const page = await client.usage.list('eve', { limit: 2 });
    expect(page.data).toMatchObject([
      {
        units: '3',
        charged: { plan: '0', credits: '3' },
        windows: { five_hour: null },
        lots: [{ account_id: 'eve', amount: '3' }],
      },
      { units: '4', charged: { plan: '2', credits: '2' }, windows: { five_hour: START, weekly: START } },
    ]);
    const all = [];
    for await (const { units } of client.usage.listAll('eve', { limit: 2 })) all.push(units);
    expect(all).toEqual(['3', '4', '8']);
    expect((await server.send('GET', '/v1/accounts/nobody/usage')).status).toBe(404);
    const { data } = await client.accounts.statement('eve', { limit: 2 });
    expect(data.map(({ kind, reference }) => [kind, reference])).toEqual(
      page.data.map(({ id }) => ['usage', id]),
    );
  });

  test('of an organisation shows who took what', async () => {
    await seedOrganisation(server.ledger, 'inc', ['fay']);
    await grant(server.ledger, 'inc', '20');
    await client.usage.record(body('fay', { units: '15' }));
    expect(await client.usage.pool('inc')).toMatchObject({
      available: '15',
      spent: '5',
      members: [{ account_id: 'fay', spent: '5', limit: null }],
    });
    await expect(client.usage.pool('fay')).rejects.toMatchObject({ code: 'not_found' });
  });
});
