import { afterAll, beforeAll, expect, test } from 'vitest';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { OPEN_PROGRAMS } from '../../support/referral-rig.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ policy: OPEN_PROGRAMS, jwt: { trustUnsigned: true } });
  for (const id of ['ada', 'bob', 'grace']) await seedAccount(server.ledger, id);
});
afterAll(() => server.close());

let serial = 0;
type Json = Record<string, unknown> & { id: string; link: string };

function asUser(id: string): string {
  return unsignedToken(id, server.time.now);
}

async function invite(more: object = {}, sent: object = {}): Promise<Json> {
  serial += 1;
  const body = { program: 'codex-selective', referrer_id: 'ada', email: `f${serial}@example.com`, ...more };
  const { status, json } = await server.send('POST', '/v1/referrals', { body, ...sent });
  expect(status).toBe(201);
  return json as Json;
}

/** The friend, new since an hour after START, uses the link. */
async function joins(referral: Json, friend: string, more: object = {}) {
  const at = later(START, { hours: 1 });
  server.time.now = new Date(at);
  await server.ledger.putAccount(friend, { plan: 'free', created_at: at }, at);
  return await server.send('POST', `/v1/referrals/${referral.id}/link-used`, {
    body: { account_id: friend, ...more },
  });
}

test('an invitation that waits is mailed again; one that was used is not', async () => {
  const invited = await invite();
  const path = `/v1/referrals/${invited.id}/resend`;
  expect(await server.send('POST', path, { as: asUser('ada') })).toMatchObject({ status: 200 });
  expect(server.referralProcess.resends).toHaveLength(1);
  const { now } = server.time;
  // No sweep has run.
  server.time.now = new Date(String(invited.expires_at));
  expect(await server.send('POST', path)).toMatchObject({ status: 409, json: { code: 'already_resolved' } });
  server.time.now = now;
  await joins(invited, 'friend-5');
  expect(await server.send('POST', path)).toMatchObject({ status: 409, json: { code: 'already_resolved' } });
});

test('an invitation is mailed again once for a key, and the answer stays when the friend has joined', async () => {
  const invited = await invite();
  const path = `/v1/referrals/${invited.id}/resend`;
  const first = await server.send('POST', path, { key: 'again' });
  await joins(invited, 'friend-of-a-resend');
  const again = await server.send('POST', path, { key: 'again' });
  expect([again.status, again.headers.get('idempotent-replayed'), again.json.status]).toEqual([
    200,
    'true',
    'invited',
  ]);
  expect(again.json).toMatchObject({ id: first.json.id, status: 'invited', joined_at: null });
  const other = await invite();
  expect(await server.send('POST', `/v1/referrals/${other.id}/resend`, { key: 'again' })).toMatchObject({
    status: 422,
  });
});
