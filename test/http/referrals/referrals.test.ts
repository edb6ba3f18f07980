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

test('an invitation answers 201 with its link, next step and expiry, and starts its process', async () => {
  const invited = await invite({ email: 'grace.hopper@example.com' });
  expect(invited).toMatchObject({
    status: 'invited',
    email: 'grace.hopper@example.com',
    link: expect.stringMatching(new RegExp(`^https://boon\\.example/invite/${invited.id}#token=[\\w-]{43}$`)),
    next_step: expect.any(String),
    expires_at: later(String(invited.created_at), { days: 30 }),
    prompts_seen: 0,
    prompts_required: 3,
  });
  await server.starts.idle();
  expect(server.referralProcess.started.at(-1)?.id).toBe(invited.id);
});

test('the same key answers the same invitation, and another body under it is refused', async () => {
  const body = { program: 'codex-selective', referrer_id: 'ada', email: 'twice@example.com' };
  const first = await server.send('POST', '/v1/referrals', { body, key: 'k1' });
  const second = await server.send('POST', '/v1/referrals', { body, key: 'k1' });
  expect(second.json.id).toBe(first.json.id);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  const other = { ...body, email: 'other@example.com' };
  expect(await server.send('POST', '/v1/referrals', { body: other, key: 'k1' })).toMatchObject({
    status: 422,
    json: { code: 'idempotency_mismatch' },
  });
  expect(await server.send('POST', '/v1/referrals', { body, key: null })).toMatchObject({
    status: 400,
    json: { code: 'idempotency_key_required' },
  });
});

test('an invitation is accepted with Temporal away', async () => {
  server.referralProcess.temporal = 'refuses';
  expect(await invite()).toMatchObject({ status: 'invited' });
  server.referralProcess.temporal = 'answers';
});

test('an invitation to an address with an account reads like one to an address without', async () => {
  await server.ledger.putAccount('known', { plan: 'plus', email: 'known@example.com' }, START);
  const shape = ({ id: _, email: __, link: ___, ...rest }: Json) => rest;
  const known = await invite({ email: 'known@example.com' });
  const unknown = await invite({ email: 'unknown@example.com' });
  expect(shape(known)).toEqual(shape(unknown));
});

test('an end user invites for themselves only, and sees only their own referrals', async () => {
  const invited = await invite({ referrer_id: 'bob' }, { as: asUser('bob') });
  expect(invited).toMatchObject({ referrer_id: 'bob', link: expect.any(String) });
  const body = { program: 'codex-selective', referrer_id: 'ada', email: 'x@example.com' };
  const foreign = await server.send('POST', '/v1/referrals', { body, as: asUser('bob') });
  expect(foreign).toMatchObject({ status: 404, json: { code: 'not_found' } });
  const get = (as: string, id = invited.id) => server.send('GET', `/v1/referrals/${id}`, { as });
  expect(await get(asUser('bob'))).toMatchObject({ status: 200 });
  const hidden = await get(asUser('ada'));
  const none = await get(asUser('ada'), 'ref_none');
  expect(hidden.status).toBe(404);
  expect(String(hidden.json.detail).replace(invited.id, 'ref_none')).toBe(none.json.detail);
  expect(await server.send('GET', '/v1/accounts/bob/referrals', { as: asUser('ada') })).toMatchObject({
    status: 404,
  });
});

test('the referrer never learns whose account came, the friend neither address nor link', async () => {
  const invited = await invite({ email: 'secret@example.com' });
  expect(await joins(invited, 'friend-1')).toMatchObject({
    json: { friend_id: 'friend-1', status: 'joined' },
  });
  const mine = await server.send('GET', `/v1/referrals/${invited.id}`, { as: asUser('ada') });
  expect(mine.json).toMatchObject({ status: 'joined', email: 'secret@example.com' });
  expect(mine.text).not.toContain('friend-1');
  const friends = await server.send('GET', `/v1/referrals/${invited.id}`, { as: asUser('friend-1') });
  expect(friends.json).toMatchObject({ status: 'joined', referrer_id: 'ada' });
  expect(friends.text).not.toMatch(/secret@example|token=/);
});

test('the process is signaled the link, and on a replay the referral’s present state', async () => {
  const invited = await invite();
  const sent = { body: { account_id: 'friend-2' }, key: 'link-2' };
  const at = later(START, { hours: 1 });
  await server.ledger.putAccount('friend-2', { plan: 'free', created_at: at }, at);
  await server.send('POST', `/v1/referrals/${invited.id}/link-used`, sent);
  await server.starts.idle();
  expect(server.referralProcess.changes.at(-1)).toMatchObject({ id: invited.id, status: 'joined' });
  await server.ledger.actOnReferral({ key: 'x2', at, referral_id: invited.id, action: 'cancel' });
  const again = await server.send('POST', `/v1/referrals/${invited.id}/link-used`, sent);
  expect(again.json).toMatchObject({ status: 'joined' });
  await server.starts.idle();
  expect(server.referralProcess.changes.at(-1)).toMatchObject({ id: invited.id, status: 'canceled' });
});

test('the token of the link is checked when it is given', async () => {
  const invited = await invite();
  const forged = await joins(invited, 'friend-3', { token: 'forged' });
  expect(forged).toMatchObject({ status: 409, json: { code: 'claim_invalid' } });
  const token = invited.link.split('#token=')[1];
  expect(await joins(invited, 'friend-3', { token })).toMatchObject({ json: { status: 'joined' } });
});

test('a friend who does not count is an answer with the reason, which the referrer sees', async () => {
  const invited = await invite();
  const yesterday = later(START, { days: -1 });
  const put = { plan: 'free' as const, created_at: '2024-01-01T00:00:00Z', last_active_at: yesterday };
  await server.ledger.putAccount('never-away', put, START);
  const used = await server.send('POST', `/v1/referrals/${invited.id}/link-used`, {
    body: { account_id: 'never-away' },
  });
  expect(used).toMatchObject({ status: 200, json: { status: 'refused', reason_code: 'already_active' } });
  const shown = await server.send('GET', `/v1/referrals/${invited.id}`, { as: asUser('ada') });
  expect(shown.json).toMatchObject({ status: 'refused', reason_code: 'already_active' });
});

test('an account’s invitations come in pages, the latest first, by program, each with what is missing', async () => {
  await seedAccount(server.ledger, 'pam');
  const ids = [];
  for (let count = 0; count < 5; count += 1) {
    server.time.now = new Date(later(START, { hours: 3, seconds: count }));
    ids.unshift(
      (await invite({ referrer_id: 'pam', program: count < 2 ? 'codex-pilot' : 'codex-selective' })).id,
    );
  }
  const path = '/v1/accounts/pam/referrals';
  const first = await server.send('GET', `${path}?limit=3`);
  const second = await server.send('GET', `${path}?limit=3&cursor=${first.json.next_cursor}`);
  const rows = [...(first.json.data as Json[]), ...(second.json.data as Json[])];
  expect(rows.map(({ id }) => id)).toEqual(ids);
  expect(rows.every(({ next_step, email }) => typeof next_step === 'string' && email !== undefined)).toBe(
    true,
  );
  expect(second.json.next_cursor).toBeNull();
  const pilot = await server.send('GET', `${path}?program=codex-pilot`);
  expect((pilot.json.data as Json[]).map(({ id }) => id)).toEqual(ids.slice(3));
});

test('a cancellation is the referrer’s, or with a service’s reason an operator’s', async () => {
  const mine = await invite();
  const canceled = await server.send('POST', `/v1/referrals/${mine.id}/cancel`, { as: asUser('ada') });
  expect(canceled.json).toMatchObject({ status: 'canceled', reason_code: 'canceled_by_referrer' });
  const other = await invite();
  const body = { reason: 'asked for on the phone' };
  const operated = await server.send('POST', `/v1/referrals/${other.id}/cancel`, { body });
  expect(operated.json).toMatchObject({ reason_code: 'canceled_by_operator', reason: body.reason });
  expect(await server.send('POST', `/v1/referrals/${other.id}/cancel`)).toMatchObject({
    status: 409,
    json: { code: 'already_resolved' },
  });
});

test('a friend can neither cancel nor mail an invitation again', async () => {
  const invited = await invite();
  await joins(invited, 'friend-4');
  for (const action of ['cancel', 'resend']) {
    const path = `/v1/referrals/${invited.id}/${action}`;
    expect(await server.send('POST', path, { as: asUser('friend-4') })).toMatchObject({ status: 403 });
  }
});

test('a prompt of before an invitation’s end is taken for a day after it; later it is refused, unless it was reported before', async () => {
  const invited = await invite();
  await joins(invited, 'friend-late');
  const tell = (id: string, at: string) =>
    server.send('POST', '/v1/activity', { body: { id, account_id: 'friend-late', kind: 'prompt', at } });
  const ends = Date.parse(String(invited.expires_at));
  const before = server.time.now;
  const inTime = new Date(ends - 1).toISOString();
  server.time.now = new Date(ends + 86_400_000 - 1);
  expect(await tell('in-time', inTime)).toMatchObject({ status: 202 });
  server.time.now = new Date(ends + 86_400_000);
  expect(await tell('in-time', inTime)).toMatchObject({ status: 202 });
  expect(await tell('too-late', inTime)).toMatchObject({
    status: 400,
    json: { code: 'validation_failed', errors: [{ path: 'at' }] },
  });
  server.time.now = before;
});

test('a reward is clawed back by an operator, with a reason', async () => {
  const invited = await invite();
  await joins(invited, 'friend-6');
  const at = later(START, { hours: 2 });
  for (const id of ['p1', 'p2', 'p3']) {
    await server.ledger.recordActivity({ id, account_id: 'friend-6', kind: 'prompt', at });
  }
  await server.ledger.rewardReferral(invited.id, at);
  const path = `/v1/referrals/${invited.id}/claw-back`;
  const body = { reason: 'the friend is a robot' };
  expect(await server.send('POST', path, { body, as: asUser('ada') })).toMatchObject({ status: 403 });
  expect(await server.send('POST', path, { body: {} })).toMatchObject({ status: 400 });
  expect(await server.send('POST', path, { body })).toMatchObject({
    status: 200,
    json: { status: 'refused', reason_code: 'clawed_back', reason: body.reason },
  });
});

test('a month shows its rewards, and an operator raises its cap, which the process learns of', async () => {
  const path = '/v1/accounts/grace/reward-window';
  const shown = await server.send('GET', `${path}?program=codex-selective`, { as: asUser('grace') });
  expect(shown.json).toMatchObject({ account_id: 'grace', cap: 3, claimed: [] });
  const body = { program: 'codex-selective', cap: 5, reason: 'speaker at our conference' };
  expect(await server.send('POST', `${path}/raise-cap`, { body, as: asUser('grace') })).toMatchObject({
    status: 403,
  });
  const raised = await server.send('POST', `${path}/raise-cap`, { body, key: 'raise' });
  expect(raised.json).toMatchObject({ cap: 5, month: shown.json.month });
  await server.starts.idle();
  expect(server.referralProcess.windows.at(-1)).toMatchObject({ account_id: 'grace', cap: 5 });
  const again = await server.send('POST', `${path}/raise-cap`, { body, key: 'raise' });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const lower = await server.send('POST', `${path}/raise-cap`, { body: { ...body, cap: 2 } });
  expect(lower).toMatchObject({ status: 400, json: { code: 'validation_failed' } });
});

test('past its end an invitation is shown as over, with no link and no time that has passed, before a sweep', async () => {
  await seedAccount(server.ledger, 'una');
  const invited = await invite({ referrer_id: 'una' });
  const path = `/v1/referrals/${invited.id}`;
  const { now } = server.time;
  const end = String(invited.expires_at);
  server.time.now = new Date(Date.parse(end) - 1);
  expect((await server.send('GET', path)).json).toMatchObject({ status: 'invited', link: invited.link });
  server.time.now = new Date(end);
  const over = {
    status: 'expired',
    reason_code: 'not_used_in_time',
    ended_at: end,
    next_step: 'The invitation has ended.',
  };
  const shown = await server.send('GET', path, { as: asUser('una') });
  expect(shown.json).toMatchObject(over);
  expect(shown.json).not.toHaveProperty('link');
  const list = await server.send('GET', '/v1/accounts/una/referrals');
  expect(list.json.data).toEqual([expect.objectContaining(over)]);
  server.time.now = now;
});

test('an invitation names the referrer by their name to everybody, as it is now', async () => {
  await seedAccount(server.ledger, 'nora');
  const invited = await invite({ referrer_id: 'nora' });
  expect(invited).toMatchObject({ referrer_name: null });
  await server.ledger.putAccount('nora', { plan: 'plus', name: 'Nora N.' }, START);
  await joins(invited, 'friend-of-nora');
  for (const as of [undefined, asUser('nora'), asUser('friend-of-nora')]) {
    const shown = await server.send('GET', `/v1/referrals/${invited.id}`, as === undefined ? {} : { as });
    expect(shown.json).toMatchObject({ referrer_name: 'Nora N.' });
  }
  const list = await server.send('GET', '/v1/accounts/nora/referrals', { as: asUser('nora') });
  expect(list.json.data).toEqual([expect.objectContaining({ referrer_name: 'Nora N.' })]);
});

test('the process of each referral that an event ends is signaled at once, whoever reports it', async () => {
  const told = (id: string) => server.referralProcess.changes.filter((one) => one.id === id).at(-1)?.status;
  const { now } = server.time;
  const at = later(START, { hours: 1 });
  const use = (id: string, friend: string, used_at?: string) =>
    server.send('POST', `/v1/referrals/${id}/link-used`, { body: { account_id: friend, used_at } });
  const dormant = { plan: 'free' as const, created_at: '2024-01-01T00:00:00Z' };

  // An account's owner tells that the friend was not away, or is the referrer.
  for (const [friend, fields] of [
    ['told-1', { last_active_at: later(START, { days: -3 }) }],
    ['told-2', { email: 'ada.too@example.com' }],
    ['told-3', { fingerprints: ['device:told'] }],
  ] as const) {
    const invited = await invite();
    await server.ledger.putAccount(friend, dormant, START);
    const ada = { plan: 'plus' as const, email: 'ada.too@example.com', fingerprints: ['device:told'] };
    await server.ledger.putAccount('ada', ada, START);
    server.time.now = new Date(at);
    expect((await use(invited.id, friend)).json).toMatchObject({ status: 'joined' });
    await server.send('PUT', `/v1/accounts/${friend}`, { body: { plan: 'free', ...fields } });
    await server.starts.idle();
    expect(told(invited.id)).toBe('refused');
  }

  // A link that was used first is told second.
  const [early, late] = [await invite(), await invite()];
  await server.ledger.putAccount('told-4', { plan: 'free', created_at: at }, at);
  server.time.now = new Date(later(at, { hours: 2 }));
  await use(late.id, 'told-4', later(at, { hours: 1 }));
  await use(early.id, 'told-4', at);
  await server.starts.idle();
  expect([told(early.id), told(late.id)]).toEqual(['joined', 'refused']);

  // A login shows of the one that ran out, and of the one that took its place, that the friend was never away.
  const first = await invite();
  await server.ledger.putAccount('told-5', dormant, START);
  server.time.now = new Date(later(at, { hours: 3 }));
  await use(first.id, 'told-5');
  server.time.now = new Date(String(first.expires_at));
  const second = await invite();
  expect((await use(second.id, 'told-5')).json).toMatchObject({ status: 'joined' });
  const login = { id: 'told-5', account_id: 'told-5', kind: 'login', at: later(START, { days: -1 }) };
  await server.send('POST', '/v1/activity', { body: login });
  await server.starts.idle();
  expect([told(first.id), told(second.id)]).toEqual(['refused', 'refused']);
  server.time.now = now;
});
