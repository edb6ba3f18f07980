import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { BoonError } from '../../../src/contracts/errors.ts';
import { fillAccounts, runToItsEnd } from '../../support/campaigns.ts';
import { START } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const woken: string[] = [];
let temporal: 'answers' | 'is away';
let server: TestServer;
beforeAll(async () => {
  const campaignProcess = {
    async wake({ id }: { id: string }) {
      if (temporal === 'is away') throw new BoonError('unavailable', 'Temporal did not answer.');
      woken.push(id);
    },
  };
  server = await openTestServer({ parts: { campaignProcess } });
  await fillAccounts(server, 30);
});
beforeEach(() => {
  temporal = 'answers';
});
afterAll(() => server.close());

const BODY = { kind: 'grant_reset', filter: { plans: ['plus'] }, reason: 'outage of 31 October' };
const create = (body: object = BODY, key?: string) =>
  server.send('POST', '/v1/campaigns', { body, ...(key === undefined ? {} : { key }) });

describe('POST /v1/campaigns', () => {
  test('answers 202 with the campaign and has its process begin', async () => {
    const { status, json } = await create();
    expect(status).toBe(202);
    expect(json).toMatchObject({
      id: expect.stringMatching(/^cmp_/),
      kind: 'grant_reset',
      status: 'running',
      filter: { plans: ['plus'] },
      resets: 1,
      amount: null,
      reason: 'outage of 31 October',
      created_by: expect.stringMatching(/^key:/),
      created_at: START,
      matched: null,
      granted: 0,
      excluded: {},
      remaining: null,
    });
    await server.starts.idle();
    expect(woken).toContain(json.id);
  });

  test('a repeated key answers the same campaign, and begins no other', async () => {
    const first = await create(BODY, 'twice');
    const again = await create(BODY, 'twice');
    expect(again.status).toBe(202);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await create({ ...BODY, resets: 2 }, 'twice')).json.code).toBe('idempotency_mismatch');
  });

  test('is taken down with Temporal away', async () => {
    temporal = 'is away';
    const { status, json } = await create();
    expect(status).toBe(202);
    expect((await server.send('GET', `/v1/campaigns/${json.id}`)).json.status).toBe('running');
  });

  test.each([
    ['without a reason', { kind: 'grant_reset' }, 'reason'],
    ['of a kind that does not exist', { kind: 'give', reason: 'x' }, 'kind'],
    ['of credits without an amount', { kind: 'grant_credits', reason: 'x' }, 'amount'],
    ['of resets with an amount', { ...BODY, amount: '1' }, ''],
    ['for no plans', { ...BODY, filter: { plans: [] } }, 'filter.plans'],
    ['for a plan that does not exist', { ...BODY, filter: { plans: ['gold'] } }, 'filter.plans.0'],
    ['of no resets', { ...BODY, resets: 0 }, 'resets'],
    ['of windows for ever', { kind: 'reset_windows', reason: 'x', ongoing: true }, ''],
    [
      'of credits with two expiries',
      {
        kind: 'grant_credits',
        reason: 'x',
        amount: '1',
        valid_for: 'P1D',
        expires_at: '2027-01-01T00:00:00Z',
      },
      'valid_for',
    ],
    [
      'of expired credits',
      { kind: 'grant_credits', reason: 'x', amount: '1', expires_at: START },
      'expires_at',
    ],
  ])('refuses one %s', async (_what, body, path) => {
    const { status, json } = await create(body);
    expect(status).toBe(400);
    expect(json).toMatchObject({ code: 'validation_failed' });
    if (path !== '') expect(json.errors).toContainEqual(expect.objectContaining({ path }));
  });

  test('needs an idempotency key and the scope', async () => {
    const without = await server.send('POST', '/v1/campaigns', { body: BODY, key: null });
    expect(without.json.code).toBe('idempotency_key_required');
    const key = await server.send('POST', '/v1/api-keys', {
      body: { name: 'reader', scopes: ['campaigns:read'] },
    });
    const refused = await server.send('POST', '/v1/campaigns', { body: BODY, as: String(key.json.key) });
    expect(refused.json.code).toBe('forbidden');
  });
});

test('GET shows counts, and for each account what happened to it and why', async () => {
  const { json: begun } = await create();
  const accountOf = (id: string) => server.send('GET', `/v1/campaigns/${begun.id}/accounts/${id}`);
  expect((await accountOf('u00010')).json).toEqual({
    campaign_id: begun.id,
    account_id: 'u00010',
    outcome: 'not_yet',
    reason: null,
    detail: 'The campaign has not come to this account yet.',
    at: null,
  });
  await runToItsEnd(server.ledger, String(begun.id));
  const { json } = await server.send('GET', `/v1/campaigns/${begun.id}`);
  expect(json).toMatchObject({
    status: 'completed',
    matched: 30,
    granted: 27,
    excluded: { plan: 3 },
    remaining: 0,
    ended_at: START,
  });
  expect((await accountOf('u00010')).json).toMatchObject({
    outcome: 'excluded',
    reason: 'plan',
    detail: 'The campaign is for other plans.',
    at: START,
  });
  expect((await accountOf('u00001')).json).toMatchObject({ outcome: 'granted', reason: null });
  expect((await accountOf('nobody')).status).toBe(404);
  expect((await server.send('GET', '/v1/campaigns/nothing')).status).toBe(404);
});

test('lists campaigns page by page, the latest first', async () => {
  const made: unknown[] = [];
  for (let i = 1; i <= 3; i += 1) {
    server.time.now = new Date(Date.parse(START) + i * 1000);
    made.push((await create()).json.id);
  }
  const first = await server.send('GET', '/v1/campaigns?limit=2');
  const next = await server.send('GET', `/v1/campaigns?limit=1&cursor=${first.json.next_cursor}`);
  const ids = [first, next].flatMap(({ json }) => (json.data as { id: string }[]).map(({ id }) => id));
  expect(ids).toEqual(made.reverse());
});

test('pause, resume and cancel change it, wake its process, and are refused at its end', async () => {
  const { json: begun } = await create();
  const act = async (action: string, body?: object) => {
    await server.starts.idle();
    return await server.send('POST', `/v1/campaigns/${begun.id}/${action}`, { ...(body && { body }) });
  };
  expect(await act('pause', { reason: 'wrong plans' })).toMatchObject({
    status: 200,
    json: { status: 'paused' },
  });
  expect((await act('pause')).json.status).toBe('paused');
  expect((await act('resume')).json.status).toBe('running');
  expect((await act('cancel')).json.status).toBe('canceled');
  expect(await act('pause')).toMatchObject({ status: 409, json: { code: 'campaign_ended' } });
  // Canceled by mistake, it goes on, and its process is started again.
  expect(await act('resume')).toMatchObject({ status: 200, json: { status: 'running', ended_at: null } });
  await server.starts.idle();
  expect(woken.filter((id) => id === begun.id)).toHaveLength(6);
  expect((await server.send('POST', '/v1/campaigns/nothing/pause')).status).toBe(404);
});
