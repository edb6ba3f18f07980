import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite, join, newFriend } from '../../support/referrals.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  server.time.now = new Date(later(START, { days: 1 }));
  await seedAccount(server.ledger, 'ann', { put: { cohorts: ['codex-selective'] } });
  await newFriend(server.ledger, 'fay', START);
  await newFriend(server.ledger, 'plain', START);
});
afterAll(() => server.close());

let serial = 0;
const event = (more: object = {}) => {
  serial += 1;
  return {
    id: `evt-${serial}`,
    account_id: 'plain',
    kind: 'prompt',
    at: later(START, { hours: 1 }),
    ...more,
  };
};
const send = (body: object) => server.send('POST', '/v1/activity', { body, key: null });

describe('POST /v1/activity', () => {
  test('notes an event without an Idempotency-Key, and the same one again', async () => {
    const body = event();
    for (let n = 0; n < 2; n++)
      expect(await send(body)).toMatchObject({ status: 202, json: { accepted: true } });
    expect(await send(event({ kind: 'login' }))).toMatchObject({ status: 202 });
  });

  test('hands a referral that it changed to its process, and nothing else', async () => {
    const { prompts } = server.referralProcess;
    const referral = await join(server.ledger, await invite(server.ledger, 'ann'), 'fay', START);
    await send(event());
    await send(event({ account_id: 'fay', kind: 'login' }));
    expect(prompts).toEqual([]);
    const body = event({ account_id: 'fay' });
    for (let n = 0; n < 3; n++) await send(body);
    expect(prompts).toMatchObject([{ id: referral.id, prompts_seen: 1 }]);
  });

  test('refuses an account that is not there', async () => {
    expect(await send(event({ account_id: 'nobody' }))).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    });
  });

  test('refuses what lies more than five minutes in the future', async () => {
    const now = server.time.now.toISOString();
    expect(await send(event({ at: later(now, { minutes: 5 }) }))).toMatchObject({ status: 202 });
    expect(await send(event({ at: later(now, { minutes: 5, ms: 1 }) }))).toMatchObject({
      status: 400,
      json: { code: 'validation_failed', errors: [{ path: 'at', message: 'must not lie in the future' }] },
    });
  });

  test.each([
    ['kind', { kind: 'logout' }],
    ['id', { id: '' }],
    ['id', { id: 'two words' }],
    ['at', { at: 'yesterday' }],
    ['account_id', { account_id: 'boon:issuance' }],
    ['more', { more: 1 }],
  ])('refuses a fault in %s: %j', async (path, more) => {
    const { status, json } = await send(event(more));
    expect(status).toBe(400);
    expect(json.errors).toContainEqual(expect.objectContaining({ path }));
  });

  test('is for services with its scope only', async () => {
    const { json } = await server.send('POST', '/v1/api-keys', {
      body: { name: 'reader', scopes: ['referrals:read'] },
    });
    const refused = await server.send('POST', '/v1/activity', { body: event(), as: String(json.key) });
    expect(refused).toMatchObject({
      status: 403,
      json: { detail: 'The API key lacks the scope activity:write.' },
    });
  });
});
