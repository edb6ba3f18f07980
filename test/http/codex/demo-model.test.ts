import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { createDemoPayments } from '../../../src/payments/demo-payments.ts';
import { codexClient, codexToken } from '../../support/codex-callers.ts';
import { bought, CONSENT } from '../../support/purchases.ts';
import { bank, redeem, use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    jwt: { trustUnsigned: true },
    parts: { demoModel: true },
    policy: { plans: { edu: { five_hour: null, weekly: null } } },
  });
});
afterAll(() => server.close());

const SECOND = Date.parse(START) / 1000;
const call = (id: string, body: object = { model: 'gpt', stream: true, input: [] }) =>
  codexClient(server, id, '/backend-api/codex').post('responses', body);
const limitsIn = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-codex-')));

/** The events of a stream, each named as its data is. */
function eventsOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n\n')
    .map((block) => {
      const [, name, data] = /^event: (\S+)\ndata: (.+)$/.exec(block) ?? [];
      const event = JSON.parse(data ?? '');
      expect(event.type).toBe(name);
      return event;
    });
}

/** What the client reads of an error, as its decoder has it. */
const ClientUsageError = z.object({
  error: z.object({
    type: z.literal('usage_limit_reached'),
    plan_type: z.string(),
    resets_at: z.int().nullable(),
  }),
});

test('a model call charges one unit and is answered with a canned stream that says what it is', async () => {
  await seedAccount(server.ledger, 'ada', { credits: '40.5' });
  const { status, headers, text } = await call('ada');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const events = eventsOf(text);
  expect(events.map(({ type }) => type)).toEqual([
    'response.created',
    'response.output_item.added',
    'response.output_text.delta',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(text).toContain('This is a demonstration: no model was asked.');
  const { data } = await server.ledger.listUsage('ada', { limit: 10 });
  expect(data).toMatchObject([
    { product: 'codex', model: 'gpt', units: '1', charged: { plan: '1', credits: '0' } },
  ]);
  expect(events.at(-1)).toMatchObject({ response: { id: data[0]?.id, status: 'completed' } });
});

test('its headers show the account’s state after it, as the usage call does', async () => {
  const { headers } = await call('ada');
  expect(limitsIn(headers)).toEqual({
    'x-codex-primary-used-percent': '8',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': String(SECOND + 18_000),
    'x-codex-secondary-used-percent': '1',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-secondary-reset-at': String(SECOND + 604_800),
    'x-codex-credits-has-credits': 'true',
    'x-codex-credits-unlimited': 'false',
    'x-codex-credits-balance': '40.5',
  });
});

test('a model of the rate card is charged at its rate, any other at the default one', async () => {
  await seedAccount(server.ledger, 'mo');
  await call('mo', { model: 'codex-mini' });
  await call('mo', { model: 'x'.repeat(1000) });
  await call('mo', {});
  const { data } = await server.ledger.listUsage('mo', { limit: 10 });
  expect(data.map(({ charged }) => charged.plan)).toEqual(['1', '1', '0.25']);
});

test('credits pay where the plan ends', async () => {
  await seedAccount(server.ledger, 'cora', { credits: '1.5' });
  await use(server.ledger, 'cora', '25');
  const paid = await call('cora');
  expect([paid.status, paid.headers.get('x-codex-credits-balance')]).toEqual([200, '0.5']);
  const over = await call('cora');
  expect([over.status, over.headers.get('x-codex-credits-balance')]).toEqual([429, '0.5']);
});

test('a call that brings an account below its sum, or is refused, begins the top-up it consents to at once', async () => {
  const starts: string[] = [];
  const purchaseProcess = {
    start: async ({ account_id }: { account_id: string }) => void starts.push(account_id),
    changed: async () => undefined,
  };
  const payments = createDemoPayments({ encryptionKey: randomBytes(32), publicUrl: 'https://boon.example' });
  const parts = { demoModel: true, payments, purchaseProcess };
  const selling = await openTestServer({ jwt: { trustUnsigned: true }, ledger: server, parts });
  try {
    for (const [id, credits] of [
      ['tom', '20'],
      ['tim', '0.5'],
    ] as const) {
      await seedAccount(server.ledger, id, { credits });
      await use(server.ledger, id, '25');
      await bought(server.ledger, id, 'reset-1', { save_card: true });
      await server.ledger.putTopUp(id, CONSENT, 'user', START);
    }
    const ask = async (id: string) =>
      (await codexClient(selling, id, '/backend-api/codex').post('responses', {})).status;
    expect([await ask('tom'), await ask('tim')]).toEqual([200, 429]);
    await expect.poll(() => starts.sort(), { timeout: 20_000 }).toEqual(['tim', 'tom']);
  } finally {
    await selling.close();
  }
});

test('over the limit it charges nothing and says when the window ends, and how to go on', async () => {
  await seedAccount(server.ledger, 'lim');
  await use(server.ledger, 'lim', '25', later(START, { hours: -1 }));
  const { status, json, headers } = await call('lim');
  expect(status).toBe(429);
  expect(ClientUsageError.parse(json).error).toEqual({
    type: 'usage_limit_reached',
    plan_type: 'plus',
    resets_at: SECOND + 4 * 3600,
  });
  expect(json.error).toMatchObject({
    next_window_at: later(START, { hours: 4 }),
    resets_available: 0,
    add_credits_url: expect.stringMatching(/^https:\/\/boon\.example\/credits\?account=lim&ticket=\S+$/),
  });
  expect(limitsIn(headers)).toMatchObject({
    'x-codex-primary-used-percent': '100',
    'x-codex-rate-limit-reached-type': 'rate_limit_reached',
    'x-codex-promo-message': `Add credits at ${(json.error as { add_credits_url: string }).add_credits_url}`,
  });
  expect((await server.ledger.listUsage('lim', { limit: 10 })).data).toHaveLength(1);
});

test('a banked reset is offered first, and once it is redeemed the call works again', async () => {
  await seedAccount(server.ledger, 'rob');
  await use(server.ledger, 'rob', '25');
  await bank(server.ledger, 'rob', { count: 2 });
  const refused = await call('rob');
  expect(refused.headers.get('x-codex-promo-message')).toMatch(
    /^Redeem one of your 2 banked resets with \/usage, /,
  );
  expect(refused.json.error).toMatchObject({ resets_available: 2 });
  await redeem(server.ledger, 'rob');
  expect((await call('rob')).status).toBe(200);
  await use(server.ledger, 'rob', '24');
  expect((await call('rob')).headers.get('x-codex-promo-message')).toMatch(
    /^Redeem your banked reset with \/usage, /,
  );
});

test('a plan that credits cannot pay beyond has none in the headers; a plan that includes nothing has no date', async () => {
  await seedAccount(server.ledger, 'fred', { credits: '5', put: { plan: 'free' } });
  await use(server.ledger, 'fred', '5');
  const { headers } = await call('fred');
  expect(limitsIn(headers)).toMatchObject({
    'x-codex-credits-has-credits': 'false',
    'x-codex-credits-unlimited': 'false',
    'x-codex-credits-balance': '0',
  });
});

test('the headers of who is invoiced say unlimited; those of a plan without limits have no windows', async () => {
  const firm = { kind: 'organisation', plan: 'business', billing: 'invoice' } as const;
  await seedAccount(server.ledger, 'firm', { put: firm });
  await seedAccount(server.ledger, 'ina', { put: { org_id: 'firm' } });
  await use(server.ledger, 'ina', '25');
  const invoiced = await call('ina');
  expect(invoiced.status).toBe(200);
  expect(limitsIn(invoiced.headers)).toMatchObject({
    'x-codex-primary-used-percent': '100',
    'x-codex-credits-has-credits': 'true',
    'x-codex-credits-unlimited': 'true',
    'x-codex-credits-balance': '0',
  });
  await seedAccount(server.ledger, 'wide', { put: { plan: 'edu' } });
  expect(limitsIn((await call('wide')).headers)).toEqual({
    'x-codex-credits-has-credits': 'false',
    'x-codex-credits-unlimited': 'false',
    'x-codex-credits-balance': '0',
  });
});

test('the header of a window says 0 only before anything is used, and 100 only when nothing is left', async () => {
  await seedAccount(server.ledger, 'edge');
  const percent = async () =>
    (await call('edge', { model: 'codex-mini' })).headers.get('x-codex-primary-used-percent');
  expect(await percent()).toBe('1');
  await use(server.ledger, 'edge', '24.499999');
  // With the quarter of this call 24.999999 are used.
  expect(await percent()).toBe('99');
  await use(server.ledger, 'edge', '0.000001');
  const over = await call('edge', { model: 'codex-mini' });
  expect([over.status, over.headers.get('x-codex-primary-used-percent')]).toEqual([429, '100']);
});

test('the offer fits into a header whatever the public address is spelt with', async () => {
  const parts = { demoModel: true, publicUrl: 'https://bön.example' };
  const spelt = await openTestServer({ jwt: { trustUnsigned: true }, ledger: server, parts });
  try {
    await seedAccount(server.ledger, 'olga');
    await use(server.ledger, 'olga', '25');
    const { headers } = await codexClient(spelt, 'olga', '/backend-api/codex').post('responses', {});
    expect(headers.get('x-codex-promo-message')).toMatch(
      /^Add credits at https:\/\/xn--bn-fka\.example\/credits\?account=olga&ticket=\S+$/,
    );
  } finally {
    await spelt.close();
  }
});

test('many calls at once get exactly what fits', async () => {
  await seedAccount(server.ledger, 'many');
  await use(server.ledger, 'many', '20');
  const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await call('many')).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(5);
  expect(statuses.filter((status) => status === 429)).toHaveLength(15);
});

test('a conversation of megabytes is taken', async () => {
  await seedAccount(server.ledger, 'big');
  expect((await call('big', { model: 'gpt', input: 'x'.repeat(5_000_000) })).status).toBe(200);
});

test('a frozen account, and one that Boon does not know, are refused as problems', async () => {
  await seedAccount(server.ledger, 'ice', { put: { status: 'frozen' } });
  expect([(await call('ice')).json.code, (await call('nobody')).json.code]).toEqual([
    'account_frozen',
    'not_found',
  ]);
});

test('it is not there unless it is switched on', async () => {
  const plain = await openTestServer({ jwt: { trustUnsigned: true } });
  try {
    await seedAccount(plain.ledger, 'ada');
    const { status } = await plain.send('POST', '/backend-api/codex/responses', {
      as: codexToken('ada', plain.time.now),
      body: {},
    });
    expect(status).toBe(404);
  } finally {
    await plain.close();
  }
});
