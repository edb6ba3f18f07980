import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ReferralView } from '../../../src/contracts/referrals/referral.schema.ts';
import { type BoonHarness, startBoon } from '../../../src/testing/index.ts';

/** The programs as shipped, the pilot in a year that the test's clock can reach. */
const PROGRAMS = {
  'codex-pilot': { opens_at: '2027-06-11T00:00:00Z', closes_at: '2027-06-25T00:00:00Z' },
  'codex-selective': { monthly_cap: 3 },
};

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({ startAt: '2027-06-11T09:00:00Z', policy: { programs: PROGRAMS } });
});
afterAll(() => boon.stop());

async function referrer(id: string): Promise<void> {
  await boon.seedAccount(id, {
    plan: 'pro',
    email: `${id}@example.com`,
    cohorts: ['codex-selective'],
    billing_day: 11,
  });
}

function invite(from: string, program: string, email: string): Promise<ReferralView> {
  return boon.client.referrals.create({ program, referrer_id: from, email });
}

/** The friend makes an account and uses the link. */
async function comes(invited: ReferralView, id: string): Promise<ReferralView> {
  const created_at = boon.now().toISOString();
  await boon.client.accounts.put(id, { plan: 'free', email: `${id}@example.com`, created_at });
  const token = invited.link?.split('#token=')[1];
  return await boon.client.referrals.linkUsed(invited.id, {
    account_id: id,
    ...(token === undefined ? {} : { token }),
  });
}

let prompts = 0;
async function prompt(account_id: string, times = 1): Promise<void> {
  for (let sent = 0; sent < times; sent += 1) {
    prompts += 1;
    await post('/v1/activity', {
      account_id,
      kind: 'prompt',
      at: boon.now().toISOString(),
      id: `prompt-${prompts}`,
    });
  }
}

async function post(path: string, body: object): Promise<void> {
  const response = await fetch(`${boon.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${boon.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

/** The workflow's result; time passes only by `advance`. */
function result(referral: { id: string }): Promise<unknown> {
  return boon.temporal.workflow.getHandle(`referral/${referral.id}`).result();
}

async function resets(account: string): Promise<number> {
  const { data: resets } = await boon.client.resets.list(account);
  // Accounts have a complimentary one beside.
  return resets.filter(({ source }) => source === 'referral').length;
}

test('codex-pilot, from the invitation to the reward: a first message, and both get one reset', async () => {
  await referrer('ada');
  const invited = await invite('ada', 'codex-pilot', 'grace@example.com');
  expect(invited).toMatchObject({ status: 'invited', prompts_required: 1, email: 'grace@example.com' });
  const mail = await boon.mailTo('grace@example.com');
  expect(mail.text).toContain(invited.link);
  await boon.advance('1 day');
  expect(await comes(invited, 'grace')).toMatchObject({ status: 'joined', friend_id: 'grace' });
  await prompt('grace');
  expect(await result(invited)).toMatchObject({ status: 'rewarded' });
  expect([await resets('ada'), await resets('grace')]).toEqual([1, 1]);
  expect((await boon.mailTo('ada@example.com')).subject).toBe('You have received 1 usage reset');
  await boon.advance('1 minute');
  const told = boon.mails.filter(({ to }) => to === 'grace@example.com').map(({ subject }) => subject);
  expect(told).toEqual(['A friend invites you', 'You have received 1 usage reset']);
});

test('codex-selective, from the invitation to the reward: three prompts, and only the referrer gets a reset', async () => {
  await referrer('bea');
  const invited = await invite('bea', 'codex-selective', 'hal@example.com');
  await comes(invited, 'hal');
  await prompt('hal', 2);
  await boon.advance('1 hour');
  expect(await boon.client.referrals.get(invited.id)).toMatchObject({ status: 'joined', prompts_seen: 2 });
  await prompt('hal');
  expect(await result(invited)).toMatchObject({ status: 'rewarded' });
  expect([await resets('bea'), await resets('hal')]).toEqual([1, 0]);
});

test('the fourth reward of a month is refused, with its reason, and the window holds three', async () => {
  await referrer('cy');
  const invited = [];
  for (const friend of ['cy1', 'cy2', 'cy3', 'cy4']) {
    const one = await invite('cy', 'codex-selective', `${friend}@example.com`);
    await comes(one, friend);
    await prompt(friend, 3);
    invited.push(one);
    await result(one);
  }
  const last = await boon.client.referrals.get(invited[3]?.id ?? '');
  expect(last).toMatchObject({ status: 'refused', reason_code: 'reward_cap_reached' });
  expect(await resets('cy')).toBe(3);
  const window = await boon.client.referrals.rewardWindow('cy', 'codex-selective');
  expect(window).toMatchObject({ cap: 3, claimed: invited.slice(0, 3).map(({ id }) => id) });
  const entity = boon.temporal.workflow.getHandle(`reward-window/cy/${window.month.starts_at.slice(0, 10)}`);
  expect(await entity.query('status')).toMatchObject({
    closed: false,
    programs: { 'codex-selective': { cap: 3 } },
  });
});

test('an invitation that nobody uses sets no timer, expires, and its process ends with the reason', async () => {
  await referrer('dot');
  const invited = await invite('dot', 'codex-selective', 'nobody@example.com');
  await boon.mailTo('nobody@example.com');
  await boon.advance('30 days');
  expect(await result(invited)).toMatchObject({ status: 'expired', reason_code: 'not_used_in_time' });
  const { events } = await boon.temporal.workflow.getHandle(`referral/${invited.id}`).fetchHistory();
  expect(events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes)).toBe(false);
});

test('a last prompt that is reported after the end begins the process anew at once, which rewards and mails', async () => {
  await referrer('pia');
  const invited = await invite('pia', 'codex-selective', 'late@example.com');
  await comes(invited, 'late');
  await prompt('late', 2);
  const inTime = boon.now().toISOString();
  await boon.advance('30 days');
  expect(await result(invited)).toMatchObject({ status: 'expired', reason_code: 'not_qualified_in_time' });
  await post('/v1/activity', { account_id: 'late', kind: 'prompt', at: inTime, id: 'told-late' });
  // No schedule runs: time stands still.
  expect(await result(invited)).toMatchObject({ status: 'rewarded' });
  expect(await resets('pia')).toBe(1);
  const news = () =>
    boon.mails.filter(({ to, subject }) => to === 'pia@example.com' && /received/.test(subject));
  await expect.poll(() => news().length, { timeout: 30_000 }).toBe(1);
});

test('an invitation is canceled by its referrer; nothing is counted any more', async () => {
  await referrer('eve');
  const invited = await invite('eve', 'codex-selective', 'kim@example.com');
  const canceled = await boon.clientOf('eve').referrals.cancel(invited.id);
  expect(canceled).toMatchObject({ status: 'canceled', reason_code: 'canceled_by_referrer' });
  expect(canceled.link).toBeUndefined();
  expect(await result(invited)).toMatchObject({ status: 'canceled' });
  await expect(comes(invited, 'kim')).rejects.toMatchObject({ code: expect.any(String) });
});

test('an invitation is mailed again at most three times, each a mail of its own', async () => {
  await referrer('fay');
  const invited = await invite('fay', 'codex-selective', 'lou@example.com');
  for (let time = 1; time <= 3; time += 1) await boon.clientOf('fay').referrals.resend(invited.id);
  await expect(boon.clientOf('fay').referrals.resend(invited.id)).rejects.toMatchObject({
    code: 'resend_limit_reached',
  });
  await boon.advance('1 minute');
  // One that is sent twice, since its answer came too late, has the same id.
  const ids = () =>
    boon.mails
      .filter(({ to }) => to === 'lou@example.com')
      .map(({ raw }) => /^Message-ID: (.*)$/im.exec(raw)?.[1]);
  await expect.poll(() => new Set(ids()).size, { timeout: 30_000 }).toBe(4);
});

test('a reward over the cap that may wait arrives in the next month by itself', async () => {
  await boon.setPolicy({ programs: { 'codex-selective': { over_cap: 'defer', monthly_cap: 1 } } });
  await referrer('gil');
  const invited = [];
  for (const friend of ['gil1', 'gil2']) {
    const one = await invite('gil', 'codex-selective', `${friend}@example.com`);
    await comes(one, friend);
    await prompt(friend, 3);
    invited.push(one);
  }
  await boon.advance('1 minute');
  const { month } = await boon.client.referrals.rewardWindow('gil', 'codex-selective');
  const waiting = await boon.client.referrals.get(invited[1]?.id ?? '');
  expect(waiting).toMatchObject({ status: 'qualified', deferred_until: month.ends_at });
  expect(await resets('gil')).toBe(1);

  await boon.advanceTo(month.ends_at);
  expect(await boon.client.referrals.get(waiting.id)).toMatchObject({ status: 'rewarded' });
  expect(await result(waiting)).toMatchObject({ status: 'rewarded' });
  expect(await resets('gil')).toBe(2);
  const next = await boon.client.referrals.rewardWindow('gil', 'codex-selective');
  expect(next).toMatchObject({ month: { starts_at: month.ends_at }, claimed: [waiting.id] });
  // The month that is over has closed, and tells who had its place.
  const closed = await boon.temporal.workflow
    .getHandle(`reward-window/gil/${month.starts_at.slice(0, 10)}`)
    .result();
  expect(closed).toMatchObject({ closed: true });
  await boon.setPolicy({ programs: { 'codex-selective': { over_cap: 'forfeit', monthly_cap: 3 } } });
});

test('a raised cap lets a reward that waits arrive at once', async () => {
  await boon.setPolicy({ programs: { 'codex-selective': { over_cap: 'defer', monthly_cap: 1 } } });
  await referrer('hob');
  for (const friend of ['hob1', 'hob2']) {
    const one = await invite('hob', 'codex-selective', `${friend}@example.com`);
    await comes(one, friend);
    await prompt(friend, 3);
  }
  await boon.advance('1 minute');
  const raise = { program: 'codex-selective', cap: 2, reason: 'speaker at our conference' };
  expect(await boon.client.referrals.raiseCap('hob', raise)).toMatchObject({ cap: 2 });
  await boon.advance('1 minute');
  expect(await resets('hob')).toBe(2);
  const { month } = await boon.client.referrals.rewardWindow('hob', 'codex-selective');
  const entity = boon.temporal.workflow.getHandle(`reward-window/hob/${month.starts_at.slice(0, 10)}`);
  expect(await entity.query('status')).toMatchObject({ programs: { 'codex-selective': { cap: 2 } } });
  await boon.setPolicy({ programs: { 'codex-selective': { over_cap: 'forfeit', monthly_cap: 3 } } });
});

test('updates sent through Temporal reach the ledger: the link, and a cancellation with its reason', async () => {
  await referrer('ian');
  const joined = await invite('ian', 'codex-selective', 'ian1@example.com');
  const created_at = boon.now().toISOString();
  await boon.client.accounts.put('ian1', { plan: 'free', created_at });
  const handle = boon.temporal.workflow.getHandle(`referral/${joined.id}`);
  expect(await handle.executeUpdate('linkUsed', { args: [{ account_id: 'ian1' }] })).toMatchObject({
    status: 'joined',
  });
  const canceled = { reason: 'asked for on the phone', by: 'mia' };
  expect(await handle.executeUpdate('cancel', { args: [canceled] })).toMatchObject({
    status: 'canceled',
    reason_code: 'canceled_by_operator',
    reason: 'asked for on the phone',
  });
  expect(await handle.result()).toMatchObject({ status: 'canceled', reason: 'asked for on the phone' });
});

test.each([
  ['linkUsed', {}, /account_id must be a text/],
  ['cancel', {}, /reason must be a text/],
  ['cancel', { reason: 'why', force: true }, /force is not a field of cancel/],
])('the update %s with %o is refused with what to send', async (update, given, message) => {
  await referrer('jan');
  const open = await invite('jan', 'codex-selective', `jan-${crypto.randomUUID()}@example.com`);
  const handle = boon.temporal.workflow.getHandle(`referral/${open.id}`);
  await expect(handle.executeUpdate(update, { args: [given] })).rejects.toMatchObject({
    cause: { type: 'validation_failed', message: expect.stringMatching(message) },
  });
});

test('a cancellation requested of the workflow cancels the invitation', async () => {
  await referrer('ken');
  const invited = await invite('ken', 'codex-selective', 'ken1@example.com');
  await boon.temporal.workflow.getHandle(`referral/${invited.id}`).cancel();
  expect(await result(invited)).toMatchObject({ status: 'canceled' });
  expect(await boon.client.referrals.get(invited.id)).toMatchObject({
    reason_code: 'canceled_by_operator',
    reason: 'cancellation requested of the workflow',
  });
});

test('a process started with something else than its referral is refused', async () => {
  const handle = await boon.temporal.workflow.start('referral', {
    taskQueue: 'boon',
    workflowId: 'referral/none',
    args: [{ referral: { id: 'another', status: 'invited' } }],
  });
  await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'validation_failed' } });
});

test('a reward is clawed back: what is left of it comes back, and the referral says so', async () => {
  await referrer('lea');
  const invited = await invite('lea', 'codex-selective', 'lea1@example.com');
  await comes(invited, 'lea1');
  await prompt('lea1', 3);
  await result(invited);
  const back = await boon.client.referrals.clawBack(invited.id, { reason: 'the friend is a robot' });
  expect(back).toMatchObject({ status: 'refused', reason_code: 'clawed_back' });
  const { data: resets } = await boon.client.resets.list('lea');
  const rewarded = resets.filter(({ source }) => source === 'referral');
  expect(rewarded.map(({ status }) => status)).toEqual(['revoked']);
});
