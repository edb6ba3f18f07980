import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codexClient, codexToken } from '../../support/codex-callers.ts';
import {
  ClientInvited,
  ClientInviteEligibility,
  ClientInviteTracking,
} from '../../support/codex-expectations.ts';
import { invite } from '../../support/referrals.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const PROGRAM = 'codex-selective';
let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({
    jwt: { trustUnsigned: true },
    policy: {
      programs: {
        'codex-pilot': {
          rewards: { referrer: { resets: 2, credits: '0' }, friend: { resets: 0, credits: '12.5' } },
        },
      },
    },
  });
});
afterAll(() => server.close());

const chosen = (id: string, more: object = {}) =>
  seedAccount(server.ledger, id, { put: { cohorts: [PROGRAM], email: `${id}@example.org`, ...more } });
const client = (id: string) => codexClient(server, id, '/backend-api');
async function eligibilityOf(id: string, program = PROGRAM) {
  const query = `program_id=${program}&entrypoint=rate_limit`;
  const { status, json } = await client(id).get(`referrals/invite/eligibility?${query}`);
  expect(status).toBe(200);
  return ClientInviteEligibility.parse(json);
}
async function trackingOf(id: string, query = '') {
  const { status, json } = await client(id).get(`referrals/invite/tracking?program_id=${PROGRAM}${query}`);
  expect(status).toBe(200);
  return ClientInviteTracking.parse(json);
}

describe('eligibility', () => {
  test('shows the offer, the rules and what is left to an account that may invite', async () => {
    await chosen('ada');
    await invite(server.ledger, 'ada');
    expect(await eligibilityOf('ada')).toEqual({
      program_id: PROGRAM,
      entrypoint: 'rate_limit',
      should_show: true,
      ineligible_reason: null,
      ineligible_reason_code: null,
      offer_id: 'rate_limit_reset_1',
      title: 'Invite a friend',
      description: 'You get 1 reset for each friend who counts.',
      grants: [{ recipient: 'referrer', grant_type: 'rate_limit_reset', amount: 1 }],
      remaining_send_capacity: 9,
      remaining_reward_capacity: 3,
      rules: [
        'Your friend must be new, or have been away for more than 62 days.',
        'Your friend must use the link and send 3 messages; signing in alone does not count.',
        'At most 3 rewards in one of your billing months.',
      ],
      time_frame_rules: [
        { type: 'user', capacity_type: 'send', time_frame: 'month', invites_sent: 1, invites_total: 10 },
        { type: 'user', capacity_type: 'reward', time_frame: 'month', invites_sent: 0, invites_total: 3 },
      ],
      requires_explicit_confirmation: true,
    });
  });

  test('shows credits of a reward in whole ones, and beside them exactly', async () => {
    await seedAccount(server.ledger, 'pia');
    const { grants, description, should_show, ineligible_reason_code } = await eligibilityOf(
      'pia',
      'codex-pilot',
    );
    expect(grants).toEqual([
      { recipient: 'referrer', grant_type: 'rate_limit_reset', amount: 2 },
      { recipient: 'recipient', grant_type: 'personal_credits', amount: 12, credits: '12.5' },
    ]);
    expect(description).toBe('You get 2 resets for each friend who counts. Your friend gets 12.5 credits.');
    // In March the pilot has not opened.
    expect([should_show, ineligible_reason_code]).toEqual([false, 'program_closed']);
  });

  test('says why an account may not, and what would change it', async () => {
    await seedAccount(server.ledger, 'max');
    expect(await eligibilityOf('max')).toMatchObject({
      should_show: false,
      ineligible_reason:
        'The program is open to chosen accounts only. An operator can add the account to the cohort codex-selective.',
      ineligible_reason_code: 'not_in_cohort',
    });
  });

  test('of a program that the policy does not have is not shown, and no error', async () => {
    expect(await eligibilityOf('max', 'codex_referral_consumer')).toMatchObject({
      should_show: false,
      ineligible_reason_code: 'not_found',
      offer_id: null,
      grants: [],
      remaining_send_capacity: 0,
    });
  });

  test('without a program is a mistake', async () => {
    const { status, json } = await client('max').get('referrals/invite/eligibility');
    expect([status, json.code]).toEqual([400, 'validation_failed']);
  });
});

describe('inviting', () => {
  test('sends each friend an invitation with a link, and starts its process', async () => {
    await chosen('ben');
    const emails = ['Grace@example.com', 'linus@example.com', 'linus@example.com'];
    const { status, json } = await client('ben').post('referrals/invite', {
      program_id: PROGRAM,
      entrypoint: 'persistent',
      emails,
    });
    expect(status).toBe(200);
    const { invites } = ClientInvited.parse(json);
    expect(invites.map(({ email }) => email)).toEqual(emails.slice(0, 2));
    await server.starts.idle();
    for (const { referral_id, invite_url } of invites) {
      expect(invite_url).toMatch(new RegExp(`^https://boon.example/invite/${referral_id}#token=`));
      expect(server.referralProcess.started.map(({ id }) => id)).toContain(referral_id);
    }
  });

  test('takes those it can and names those it cannot', async () => {
    await chosen('cy');
    await invite(server.ledger, 'cy', { email: 'twice@example.com' });
    const { status, json } = await client('cy').post('referrals/invite', {
      program_id: PROGRAM,
      emails: ['twice@example.com', 'cy@example.org', 'new@example.com'],
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      invites: [{ email: 'new@example.com' }],
      failed_emails: ['twice@example.com', 'cy@example.org'],
      failures: [{ code: 'duplicate_referral' }, { code: 'self_referral' }],
    });
  });

  test('is refused as a whole when none could be taken', async () => {
    const { status, json } = await client('max').post('referrals/invite', {
      program_id: PROGRAM,
      emails: ['a@example.com', 'b@example.com'],
    });
    expect([status, json.code]).toEqual([409, 'not_in_cohort']);
  });

  test('is done once under an Idempotency-Key, for a client that sends one', async () => {
    await chosen('dee');
    const send = () =>
      server.send('POST', '/backend-api/wham/referrals/invite', {
        as: codexToken('dee', server.time.now),
        key: 'invite-1',
        body: { program_id: PROGRAM, emails: ['x@example.com', 'y@example.com'] },
      });
    const first = await send();
    expect((await send()).json).toEqual(first.json);
    expect((await trackingOf('dee')).items).toHaveLength(2);
  });

  test.each([
    [[]],
    [['no address']],
    [Array.from({ length: 6 }, (_, i) => `f${i}@example.com`)],
    ['a@example.com'],
  ])('refuses the addresses %j', async (emails) => {
    const { status } = await client('ben').post('referrals/invite', { program_id: PROGRAM, emails });
    expect(status).toBe(400);
  });
});

describe('tracking', () => {
  test('shows each invitation with its link while it waits, the latest first', async () => {
    await chosen('eva');
    const old = await invite(server.ledger, 'eva', {
      at: later(START, { days: -20 }),
      email: 'old@example.com',
    });
    const young = await invite(server.ledger, 'eva', { email: 'young@example.com' });
    const { items, cursor } = await trackingOf('eva', '&period=past_90_days&limit=100');
    expect(cursor).toBeNull();
    expect(items).toEqual([
      {
        referral_id: young.id,
        email: 'young@example.com',
        status: 'invited',
        can_resend: true,
        invite_url: expect.stringContaining(`/invite/${young.id}#token=`),
        created_at: START,
        expires_at: young.expires_at,
        next_step: young.next_step,
        reason_code: null,
      },
      expect.objectContaining({ referral_id: old.id }),
    ]);
    const paged = await trackingOf('eva', '&limit=1');
    const next = await trackingOf('eva', `&limit=1&cursor=${paged.cursor}`);
    expect([...paged.items, ...next.items].map(({ referral_id }) => referral_id)).toEqual([young.id, old.id]);
    expect(next.cursor).toBeNull();
  });

  test.each([
    ['past_30_days', { days: -30 }, { days: -30, ms: -1 }],
    ['past_90_days', { days: -90 }, { days: -90, ms: -1 }],
    // START is 10 March, noon.
    ['this_month', { days: -9, hours: -12 }, { days: -9, hours: -12, ms: -1 }],
  ])('of %s begins at the moment that the period does', async (period, first, before) => {
    const id = `t-${period}`;
    await chosen(id);
    const within = await invite(server.ledger, id, { at: later(START, first) });
    await invite(server.ledger, id, { at: later(START, before) });
    const { items, cursor } = await trackingOf(id, `&period=${period}&limit=1`);
    expect(items.map(({ referral_id }) => referral_id)).toEqual([within.id]);
    // The next page has none of this period, and ends the list.
    const rest = await trackingOf(id, `&period=${period}&limit=1&cursor=${cursor}`);
    expect(rest).toMatchObject({ items: [], cursor: null });
  });

  test('of an invitation that was canceled has no link and nothing to send again', async () => {
    await chosen('fred');
    const { id } = await invite(server.ledger, 'fred');
    await server.send('POST', `/v1/referrals/${id}/cancel`, { body: {} });
    expect((await trackingOf('fred')).items).toMatchObject([
      { status: 'canceled', can_resend: false, invite_url: null },
    ]);
  });
});

test('an invitation is mailed again for its referrer, and for nobody else', async () => {
  await chosen('gus');
  const { id } = await invite(server.ledger, 'gus');
  const path = `referrals/invite/${id}/send-email`;
  const sent = await client('gus').post(path, {});
  expect([sent.status, sent.json]).toEqual([200, { referral_id: id, status: 'invited' }]);
  expect(server.referralProcess.resends).toHaveLength(1);
  expect((await client('ben').post(path, {})).status).toBe(404);
});

test('the paths of both styles, and those without, answer the same', async () => {
  await chosen('hana');
  const texts = [];
  for (const base of ['/backend-api', '/backend-api/wham', '/api/codex'])
    texts.push((await codexClient(server, 'hana', base).get('referrals/invite/tracking')).text);
  expect(new Set(texts)).toEqual(new Set(['{"items":[],"cursor":null}']));
});
