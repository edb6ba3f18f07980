import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codexClient } from '../../support/codex-callers.ts';
import { ClientConsumed, ClientResetCredits, ClientResetHistory } from '../../support/codex-expectations.ts';
import { bank, redeem, use } from '../../support/resets.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
});
afterAll(() => server.close());

const LIST = 'rate-limit-reset-credits';

async function creditsOf(id: string) {
  const { status, json } = await codexClient(server, id).get(LIST);
  expect(status).toBe(200);
  return ClientResetCredits.parse(json);
}

async function consume(id: string, body: object, base?: string) {
  const { status, json } = await codexClient(server, id, base).post(`${LIST}/consume`, body);
  expect(status).toBe(200);
  return ClientConsumed.parse(json);
}

async function historyOf(id: string, cursor?: string) {
  const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
  const { status, json } = await codexClient(server, id).get(`${LIST}/history${query}`);
  expect(status).toBe(200);
  return ClientResetHistory.parse(json);
}

describe('the list', () => {
  test('shows what can be redeemed first, then what was redeemed', async () => {
    await seedAccount(server.ledger, 'ada');
    const [first, second] = await bank(server.ledger, 'ada', { count: 2 });
    await use(server.ledger, 'ada', '1');
    await redeem(server.ledger, 'ada', { reset_id: first.id });
    const { credits, ...counts } = await creditsOf('ada');
    expect(counts).toEqual({
      available_count: 1,
      total_earned_count: 2,
      immediate_reset_purchase_eligible: false,
      history_enabled: true,
    });
    expect(credits).toEqual([
      {
        id: second?.id,
        reset_type: 'codex_rate_limits',
        status: 'available',
        granted_at: START,
        expires_at: later(START, { days: 30 }),
        is_supported_by_plan: true,
        redeem_started_at: null,
        redeemed_at: null,
        title: 'Full reset (Weekly + 5 hr)',
        description: 'Granted by support.',
      },
      expect.objectContaining({
        id: first.id,
        status: 'redeemed',
        redeem_started_at: START,
        redeemed_at: START,
      }),
    ]);
  });

  test('shows every one that can be redeemed, however many, and what a consumption spent of them', async () => {
    await seedAccount(server.ledger, 'hoarder');
    for (const count of [100, 100, 5]) await bank(server.ledger, 'hoarder', { count });
    const { credits, available_count } = await creditsOf('hoarder');
    expect([credits.length, available_count]).toEqual([205, 205]);
    expect(new Set(credits.map(({ id }) => id)).size).toBe(205);
    await use(server.ledger, 'hoarder', '1');
    const last = credits.at(-1)?.id;
    const body = { redeem_request_id: 'far-down', credit_id: last };
    expect(await consume('hoarder', body)).toMatchObject({
      code: 'reset',
      credit: { id: last, status: 'redeemed' },
    });
  });

  test('of an account without resets is empty', async () => {
    await seedAccount(server.ledger, 'bare');
    expect(await creditsOf('bare')).toMatchObject({ credits: [], available_count: 0, total_earned_count: 0 });
  });

  test('leaves out a reset that has expired, to the millisecond, and counts it as earned', async () => {
    await seedAccount(server.ledger, 'late');
    await bank(server.ledger, 'late', { at: later(START, { days: -30 }) });
    await bank(server.ledger, 'late', { at: later(START, { days: -30, ms: 1 }) });
    const { credits, available_count, total_earned_count } = await creditsOf('late');
    expect([credits.length, available_count, total_earned_count]).toEqual([1, 1, 2]);
  });
});

describe('consuming', () => {
  test('redeems the soonest to expire, once for each request id, by whichever style and door it comes', async () => {
    await seedAccount(server.ledger, 'ben');
    const [soonest] = await bank(server.ledger, 'ben', { at: later(START, { days: -1 }) });
    await bank(server.ledger, 'ben');
    await use(server.ledger, 'ben', '3');
    const done = await consume('ben', { redeem_request_id: 'r-1' });
    expect(done).toMatchObject({
      code: 'reset',
      windows_reset: 2,
      credit: { id: soonest.id, status: 'redeemed', redeemed_at: START },
    });
    const again = { ...done, code: 'already_redeemed' };
    expect(await consume('ben', { redeem_request_id: 'r-1' }, '/api/codex')).toEqual(again);
    const publicly = await server.send('POST', '/v1/accounts/ben/resets/redeem', {
      body: { request_id: 'r-1' },
    });
    expect(publicly.json).toMatchObject({ outcome: 'already_redeemed', reset_id: `rst_${soonest.id}` });
  });

  test('takes the credit that is chosen, and says that it was redeemed before when another request chose it', async () => {
    await seedAccount(server.ledger, 'cy');
    const [, second] = await bank(server.ledger, 'cy', { count: 2 });
    await use(server.ledger, 'cy', '1');
    const chosen = { redeem_request_id: 'c-1', credit_id: second?.id };
    expect(await consume('cy', chosen)).toMatchObject({ code: 'reset', credit: { id: second?.id } });
    await use(server.ledger, 'cy', '1');
    expect((await consume('cy', { ...chosen, redeem_request_id: 'c-2' })).code).toBe('already_redeemed');
  });

  test('spends nothing where nothing is used, and the same request id may redeem later', async () => {
    await seedAccount(server.ledger, 'dee');
    await bank(server.ledger, 'dee');
    const nothing = {
      code: 'nothing_to_reset',
      windows_reset: 0,
      credit: null,
      reason_code: null,
      detail: null,
    };
    expect(await consume('dee', { redeem_request_id: 'd-1' })).toEqual(nothing);
    await use(server.ledger, 'dee', '1');
    expect((await consume('dee', { redeem_request_id: 'd-1' })).code).toBe('reset');
  });

  test.each([
    ['without a reset', undefined],
    ['with a credit of another form', 'RateLimitResetCredit_1'],
    ['with a credit that nobody has', '999999999999'],
    ['with no credit chosen, as null', null],
  ])('answers no_credit %s', async (_, credit_id) => {
    await seedAccount(server.ledger, 'eve');
    await use(server.ledger, 'eve', '1');
    expect(await consume('eve', { redeem_request_id: 'e-1', credit_id })).toMatchObject({
      code: 'no_credit',
      windows_reset: 0,
      credit: null,
    });
  });

  test('does not reach the reset of somebody else', async () => {
    await seedAccount(server.ledger, 'owner');
    await seedAccount(server.ledger, 'thief');
    const [reset] = await bank(server.ledger, 'owner');
    await use(server.ledger, 'thief', '1');
    const taken = await consume('thief', { redeem_request_id: 't-1', credit_id: reset.id });
    expect(taken).toMatchObject({ code: 'no_credit', credit: null });
    expect((await creditsOf('owner')).available_count).toBe(1);
  });

  test('of a frozen account, or of one that Boon does not know, is no_credit with the reason', async () => {
    await seedAccount(server.ledger, 'fay');
    await bank(server.ledger, 'fay');
    await use(server.ledger, 'fay', '1');
    await server.ledger.putAccount('fay', { plan: 'plus', status: 'frozen' }, START);
    expect(await consume('fay', { redeem_request_id: 'f-1' })).toEqual({
      code: 'no_credit',
      windows_reset: 0,
      credit: null,
      reason_code: 'frozen',
      detail: 'The account is frozen: it redeems nothing.',
    });
    expect(await consume('nobody', { redeem_request_id: 'n-1' })).toMatchObject({
      code: 'no_credit',
      reason_code: 'not_found',
    });
  });

  test('by many requests at once redeems each reset once', async () => {
    await seedAccount(server.ledger, 'race');
    await bank(server.ledger, 'race', { count: 2 });
    await use(server.ledger, 'race', '1');
    const codes = await Promise.all(
      Array.from(
        { length: 12 },
        async (_, i) => (await consume('race', { redeem_request_id: `x-${i % 6}` })).code,
      ),
    );
    expect(codes.filter((code) => code === 'reset')).toHaveLength(1);
    expect(codes.filter((code) => code === 'already_redeemed')).toHaveLength(1);
    expect(codes.filter((code) => code === 'nothing_to_reset')).toHaveLength(10);
  });

  test.each([
    [{}],
    [{ redeem_request_id: '' }],
    [{ redeem_request_id: 7 }],
    [{ redeem_request_id: 'boon:x' }],
  ])('refuses the body %j', async (body) => {
    const { status, json } = await codexClient(server, 'eve').post(`${LIST}/consume`, body);
    expect([status, json.code]).toEqual([400, 'validation_failed']);
  });
});

describe('the history', () => {
  test('shows the last 30 days, the latest first, each event once', async () => {
    await seedAccount(server.ledger, 'hal');
    await bank(server.ledger, 'hal', { at: later(START, { days: -30 }) });
    const [inside] = await bank(server.ledger, 'hal', { at: later(START, { days: -30, ms: 1 }) });
    const [today] = await bank(server.ledger, 'hal');
    await use(server.ledger, 'hal', '1');
    await redeem(server.ledger, 'hal', { reset_id: inside.id });
    expect(await historyOf('hal')).toEqual({
      as_of: START,
      window_start: later(START, { days: -30 }),
      events: [
        { id: `${today.id}:granted`, kind: 'granted', occurred_at: START },
        { id: `${inside.id}:used`, kind: 'used', occurred_at: START },
        { id: `${inside.id}:granted`, kind: 'granted', occurred_at: later(START, { days: -30, ms: 1 }) },
      ],
      next_cursor: null,
    });
  });

  test('is paged, and its pages keep to the window of the first while time goes on', async () => {
    await seedAccount(server.ledger, 'ida');
    await bank(server.ledger, 'ida', { count: 60, at: later(START, { days: -30, seconds: 1 }) });
    const first = await historyOf('ida');
    expect(first.events).toHaveLength(50);
    server.time.now = new Date(later(START, { minutes: 1 }));
    try {
      await bank(server.ledger, 'ida', { at: server.time.now.toISOString() });
      const second = await historyOf('ida', first.next_cursor ?? '');
      expect([second.as_of, second.window_start]).toEqual([first.as_of, first.window_start]);
      expect([second.events.length, second.next_cursor]).toEqual([10, null]);
      const ids = [...first.events, ...second.events].map(({ id }) => id);
      expect(new Set(ids).size).toBe(60);
    } finally {
      server.time.now = new Date(START);
    }
  });

  test('refuses a cursor that no page gave', async () => {
    const { status, json } = await codexClient(server, 'ida').get(`${LIST}/history?cursor=x`);
    expect([status, json.code]).toEqual([400, 'validation_failed']);
  });
});
