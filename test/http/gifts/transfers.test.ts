import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GIFT_PROCESSES } from '../../../src/domain/gift-processes.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const TRANSFERS = '/v1/transfers';

describe.each(GIFT_PROCESSES)('with `%s`', (giftProcesses) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openTestServer({
      starts: { patience: 300 },
      parts: { giftProcesses },
      policy: {
        gifts: {
          limits: { per_day: { count: 1000 }, per_month: { count: 1000 } },
          screening: {
            velocity: { verdict: 'allow' },
            fan_out: { verdict: 'allow' },
            fan_in: { verdict: 'allow' },
          },
        },
      },
    });
    for (const id of ['ada', 'ben', 'cleo', 'dora']) await seedAccount(server.ledger, id, { credits: '500' });
  });
  afterAll(() => server.close());

  /** Such a gift has no process until somebody acts on it. */
  const isQuiet = giftProcesses === 'batched';
  const startsOf = (id: unknown) => server.giftProcess.started.filter((gift) => gift.id === id).length;
  const toBen = { from: 'ada', to: { account_id: 'ben' }, amount: '2.5' };

  test('a gift is accepted with 202, its process is started if it is to have one, and the credits are nobody’s', async () => {
    const before = await server.send('GET', '/v1/accounts/ada/balance');
    const answer = await server.send('POST', TRANSFER, { body: { ...toBen, message: 'Thanks' } });
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^gft_[0-9a-z]{26}$/),
      status: 'pending',
      from: 'ada',
      from_name: null,
      to: { account_id: 'ben' },
      amount: '2.5',
      funding: 'transfer',
      message: 'Thanks',
      created_at: START,
      settles_at: later(START, { hours: 24 }),
      claim_expires_at: null,
      hold_ends_at: null,
      settled_at: null,
      reason_code: null,
      reason: null,
      reversal: null,
    });
    await server.starts.idle();
    expect(startsOf(answer.json.id)).toBe(isQuiet ? 0 : 1);
    const after = await server.send('GET', '/v1/accounts/ada/balance');
    expect(after.json).toMatchObject({ held: '2.5' });
    expect(Number(before.json.available) - Number(after.json.available)).toBe(2.5);
    expect((await server.send('GET', '/v1/accounts/ben/balance')).json).toMatchObject({ pending_in: '2.5' });
    expect((await server.send('GET', `${TRANSFERS}/${answer.json.id}`)).json).toEqual(answer.json);
    await server.send('POST', `${TRANSFERS}/${answer.json.id}/cancel`);
  });

  test('the same key and body get the same answer again, marked as replayed, and its process is started once more if it is to have one', async () => {
    const first = await server.send('POST', TRANSFER, { body: toBen, key: 'replay-1' });
    await server.starts.idle();
    const second = await server.send('POST', TRANSFER, { body: toBen, key: 'replay-1' });
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.status).toBe(202);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.text).toBe(first.text);
    await server.starts.idle();
    expect(startsOf(first.json.id)).toBe(isQuiet ? 0 : 2);
  });

  test('the same key with another body is an idempotency_mismatch', async () => {
    await server.send('POST', TRANSFER, { body: toBen, key: 'mismatch' });
    const answer = await server.send('POST', TRANSFER, { body: { ...toBen, amount: '3' }, key: 'mismatch' });
    expect(answer.status).toBe(422);
    expect(answer.json.code).toBe('idempotency_mismatch');
  });

  test('a refusal is replayed as the same refusal, even once the request would succeed', async () => {
    const body = { from: 'cleo', to: { account_id: 'ben' }, amount: '900' };
    const first = await server.send('POST', TRANSFER, { body, key: 'refused' });
    expect(first.status).toBe(409);
    expect(first.json.code).toBe('insufficient_credits');
    await server.send('POST', '/v1/credits/grants', {
      body: { account_id: 'cleo', amount: '900', source: 'purchased', reason: 'more' },
    });
    const second = await server.send('POST', TRANSFER, { body, key: 'refused' });
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect([second.status, second.text]).toEqual([first.status, first.text]);
  });

  test('the same request sent fifty times at once is one gift and fifty equal answers', async () => {
    const before = await server.sql('SELECT count(*)::int AS n FROM boon.gifts');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => server.send('POST', TRANSFER, { body: toBen, key: 'fifty' })),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
    const after = await server.sql('SELECT count(*)::int AS n FROM boon.gifts');
    expect(Number(after[0]?.n) - Number(before[0]?.n)).toBe(1);
  });

  test('two callers may use the same key for different gifts', async () => {
    const made = await server.send('POST', '/v1/api-keys', { body: { name: 'other', scopes: ['*'] } });
    const first = await server.send('POST', TRANSFER, { body: toBen, key: 'shared' });
    const second = await server.send('POST', TRANSFER, {
      body: { ...toBen, amount: '1' },
      key: 'shared',
      as: String(made.json.key),
    });
    expect(second.status).toBe(202);
    expect(second.json.id).not.toBe(first.json.id);
  });

  test('a gift by e-mail shows the address and a claim link that works once', async () => {
    const answer = await server.send('POST', TRANSFER, {
      body: { from: 'ada', to: { email: 'grace@example.com' }, amount: '4' },
      key: 'by-mail',
    });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: 'awaiting_claim', to: { email: 'grace@example.com' } });
    const url = new URL(String(answer.json.claim_url));
    expect(url.origin + url.pathname).toBe(`https://boon.example/claim/${answer.json.id}`);
    const token = url.hash.replace('#token=', '');

    const replay = await server.send('POST', TRANSFER, {
      body: { from: 'ada', to: { email: 'grace@example.com' }, amount: '4' },
      key: 'by-mail',
    });
    expect(replay.text).toBe(answer.text);

    const claim = await server.send('POST', `${TRANSFERS}/${answer.json.id}/claim`, {
      body: { token, account_id: 'dora' },
    });
    expect(claim.status).toBe(200);
    expect(claim.json).toMatchObject({ status: 'pending', to: { account_id: 'dora' } });
    expect(claim.json.claim_url).toBeUndefined();

    const again = await server.send('POST', `${TRANSFERS}/${answer.json.id}/claim`, {
      body: { token, account_id: 'ben' },
    });
    expect(again.status).toBeGreaterThanOrEqual(400);
    const shown = await server.send('GET', `${TRANSFERS}/${answer.json.id}`);
    expect(shown.json).toMatchObject({ to: { email: 'grace@example.com', account_id: 'dora' } });
    expect(shown.json.claim_url).toBeUndefined();
  });

  test('an answer to a gift by e-mail is the same whether or not the address has an account', async () => {
    await server.ledger.putAccount('erin', { plan: 'plus', email: 'erin@example.com' }, START);
    const [known, unknown] = await Promise.all(
      ['erin@example.com', 'nobody@example.com'].map((email) =>
        server.send('POST', TRANSFER, { body: { from: 'ada', to: { email }, amount: '1' } }),
      ),
    );
    const comparable = (json: Record<string, unknown> = {}) => ({
      ...json,
      id: '',
      to: Object.keys(json.to as object),
      claim_url: '',
    });
    expect(comparable(known?.json)).toEqual(comparable(unknown?.json));
  });

  test('a refusal for lack of an account is not repeated once the account is there', async () => {
    const give = (body: object) => server.send('POST', TRANSFER, { body, key: JSON.stringify(body) });
    const toNobody = { from: 'ada', to: { account_id: 'comes_later' }, amount: '1' };
    expect(await give(toNobody)).toMatchObject({ status: 409, json: { reason_code: 'unknown_account' } });
    const fromNobody = { from: 'comes_later', to: { account_id: 'ada' }, amount: '1' };
    expect(await give(fromNobody)).toMatchObject({ status: 404 });
    await seedAccount(server.ledger, 'comes_later', { credits: '10' });
    for (const body of [toNobody, fromNobody]) {
      const answer = await give(body);
      expect([answer.status, answer.headers.get('idempotent-replayed')], answer.text).toEqual([202, null]);
    }
  });

  test('hold, release, reject, cancel and reverse lead a gift through its states', async () => {
    const first = (await server.send('POST', TRANSFER, { body: toBen })).json.id;
    const held = await server.send('POST', `${TRANSFERS}/${first}/hold`, {
      body: { reason: 'looks odd' },
    });
    expect(held.json).toMatchObject({ status: 'held', reason: 'looks odd' });
    const released = await server.send('POST', `${TRANSFERS}/${first}/release`);
    expect(released.json).toMatchObject({ status: 'pending' });
    const rejected = await server.send('POST', `${TRANSFERS}/${first}/reject`, {
      body: { reason: 'fraud' },
      key: 'reject-1',
    });
    expect(rejected.json).toMatchObject({ status: 'rejected' });
    const replayed = await server.send('POST', `${TRANSFERS}/${first}/reject`, {
      body: { reason: 'fraud' },
      key: 'reject-1',
    });
    expect(replayed.headers.get('idempotent-replayed')).toBe('true');
    expect(replayed.text).toBe(rejected.text);
    const tooLate = await server.send('POST', `${TRANSFERS}/${first}/cancel`);
    expect([tooLate.status, tooLate.json.code]).toEqual([409, 'already_resolved']);

    const second = String((await server.send('POST', TRANSFER, { body: toBen })).json.id);
    const early = await server.send('POST', `${TRANSFERS}/${second}/reverse`, {
      body: { reason: 'mistake' },
    });
    expect(early.json.code).toBe('not_settled');
    await server.ledger.advanceGift(second, later(START, { hours: 25 }));
    const reversed = await server.send('POST', `${TRANSFERS}/${second}/reverse`, {
      body: { reason: 'mistake' },
    });
    expect(reversed.json).toMatchObject({
      status: 'reversed',
      reversal: { recovered: '2.5', unrecovered: '0' },
    });
  });

  test('a list comes in pages without gaps or repeats, newest first, by direction and status', async () => {
    for (let i = 0; i < 7; i++) {
      server.time.now = new Date(later(START, { seconds: i }));
      await server.send('POST', TRANSFER, {
        body: { from: 'dora', to: { account_id: 'cleo' }, amount: `${i + 1}` },
      });
    }
    server.time.now = new Date(START);
    const amounts: unknown[] = [];
    let cursor = '';
    do {
      const page = await server.send('GET', `${TRANSFERS}?account_id=dora&direction=sent&limit=3${cursor}`);
      expect(page.status).toBe(200);
      const rows = page.json.data as { amount: string }[];
      expect(rows.length).toBeLessThanOrEqual(3);
      amounts.push(...rows.map((row) => row.amount));
      cursor = page.json.next_cursor === null ? '' : `&cursor=${page.json.next_cursor}`;
    } while (cursor !== '');
    expect(amounts).toEqual(['7', '6', '5', '4', '3', '2', '1']);

    const received = await server.send(
      'GET',
      `${TRANSFERS}?account_id=cleo&direction=received&status=pending`,
    );
    expect(received.json.data).toHaveLength(7);
    const none = await server.send('GET', `${TRANSFERS}?account_id=dora&direction=sent&status=settled`);
    expect(none.json).toEqual({ data: [], next_cursor: null });
  });

  test('with Temporal unreachable a gift is still accepted, and readiness says degraded', async () => {
    for (const temporal of ['refuses', 'hangs'] as const) {
      server.giftProcess.temporal = temporal;
      const answer = await server.send('POST', TRANSFER, { body: toBen });
      expect(answer.status).toBe(202);
      expect((await server.send('POST', TRANSFER, { body: toBen })).status).toBe(202);
      const ready = await server.send('GET', '/readyz');
      expect([ready.status, ready.json.status]).toEqual([200, 'degraded']);
      const action =
        server.giftProcess.temporal === 'refuses'
          ? await server.send('POST', `${TRANSFERS}/${answer.json.id}/cancel`)
          : undefined;
      if (action !== undefined)
        expect([action.status, action.headers.get('retry-after')]).toEqual([503, '1']);
    }
    server.giftProcess.temporal = 'answers';
    await server.starts.idle();
    expect((await server.send('GET', '/readyz')).json.status).toBe('ready');
  });

  test('a gift names its sender, as they are called now', async () => {
    await server.ledger.putAccount('dora', { plan: 'plus', name: 'Dora D.' }, START);
    const body = { ...toBen, from: 'dora' };
    const given = await server.send('POST', TRANSFER, { body });
    expect(given.json).toMatchObject({ from: 'dora', from_name: 'Dora D.' });
    await server.ledger.putAccount('dora', { plan: 'plus', name: 'Dora Daisy' }, START);
    const shown = await server.send('GET', `${TRANSFERS}/${given.json.id}`);
    expect(shown.json).toMatchObject({ from_name: 'Dora Daisy' });
    const list = await server.send('GET', `${TRANSFERS}?account_id=dora&direction=sent`);
    expect(list.json.data).toContainEqual(
      expect.objectContaining({ id: given.json.id, from_name: 'Dora Daisy' }),
    );
  });

  test('a claim link is shown as long as it works', async () => {
    const gift = await server.send('POST', TRANSFER, {
      body: { from: 'dora', to: { email: 'late@example.com' }, amount: '1' },
    });
    const shownAt = async (at: number) => {
      server.time.now = new Date(at);
      return (await server.send('GET', `${TRANSFERS}/${gift.json.id}`)).json;
    };
    const end = Date.parse(String(gift.json.claim_expires_at));
    expect(await shownAt(end - 1)).toMatchObject({ claim_url: gift.json.claim_url });
    // No sweep has run.
    expect(await shownAt(end)).not.toHaveProperty('claim_url');
    server.time.now = new Date(START);
  });
});
