import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/boon-client.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const REPORT = '/v1/programs/codex-selective/report?from=2026-03-09&to=2026-03-12';
const day = (days: number) => later(START, { days });

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
  const { ledger } = server;
  for (const id of ['ann', 'bob']) await seedAccount(ledger, id, { put: { cohorts: ['codex-selective'] } });
  // On the 10th ann invites four and bob one; on the 11th three links are used; on the 12th one friend qualifies.
  const [won, self, gone, open] = await Promise.all([1, 2, 3, 4].map(() => invite(ledger, 'ann')));
  const bobs = await invite(ledger, 'bob');
  for (const friend of ['fay', 'gil']) await newFriend(ledger, friend, day(1));
  if (won === undefined || self === undefined || gone === undefined || open === undefined)
    throw new Error('not invited');
  await join(ledger, won, 'fay', day(1));
  await join(ledger, self, 'ann', day(1));
  await join(ledger, bobs, 'gil', day(1));
  await actOn(ledger, gone, 'cancel', day(1));
  for (let n = 0; n < 3; n++) await prompt(ledger, 'fay', day(2));
  await ledger.rewardReferral(won.id, day(2));
  server.time.now = new Date(day(2));
});
afterAll(() => server.close());

describe('GET /v1/programs/{program}/report', () => {
  test('counts each event on its day, every day of the period, both ends included', async () => {
    const nothing = {
      sent: 0,
      opened: 0,
      joined: 0,
      qualified: 0,
      rewarded: 0,
      expired: 0,
      canceled: 0,
      refused: 0,
      refused_by_reason: {},
    };
    expect((await server.send('GET', REPORT)).json).toEqual({
      program: 'codex-selective',
      from: '2026-03-09',
      to: '2026-03-12',
      totals: {
        sent: 5,
        opened: 3,
        joined: 2,
        qualified: 1,
        rewarded: 1,
        expired: 0,
        canceled: 1,
        refused: 1,
        refused_by_reason: { self_referral: 1 },
      },
      inviters: 2,
      // 5 invitations by 2 people, of which 2 brought a friend: 2.5 × 0.4.
      k_factor: 1,
      days: [
        { day: '2026-03-09', ...nothing },
        { day: '2026-03-10', ...nothing, sent: 5 },
        {
          day: '2026-03-11',
          ...nothing,
          opened: 3,
          joined: 2,
          canceled: 1,
          refused: 1,
          refused_by_reason: { self_referral: 1 },
        },
        { day: '2026-03-12', ...nothing, qualified: 1, rewarded: 1 },
      ],
    });
  });

  test.each([
    ['by the header', REPORT, { accept: 'text/csv' }],
    ['by the query', `${REPORT}&format=csv`, {}],
  ])('gives CSV when it is asked for %s', async (_words, path, headers) => {
    const { headers: answered, text } = await server.send('GET', path, { headers });
    expect(answered.get('content-type')).toBe('text/csv; charset=utf-8');
    const [heading, ...rows] = text.trimEnd().split('\r\n');
    expect(heading).toMatch(
      /^day,sent,opened,joined,qualified,rewarded,expired,canceled,refused,refused_program_closed,/,
    );
    expect(heading?.split(',').indexOf('refused_self_referral')).toBe(11);
    expect(rows).toEqual([
      '2026-03-09,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0',
      '2026-03-10,5,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0',
      '2026-03-11,0,3,2,0,0,0,1,1,0,0,1,0,0,0,0,0,0,0,0',
      '2026-03-12,0,0,0,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0',
    ]);
  });

  test('is of the last thirty days when no day is named, and empty for a period without invitations', async () => {
    const { json } = await server.send('GET', '/v1/programs/codex-selective/report');
    expect(json).toMatchObject({ from: '2026-02-11', to: '2026-03-12', totals: { sent: 5 } });
    const { json: empty } = await server.send('GET', '/v1/programs/codex-pilot/report');
    expect(empty).toMatchObject({ inviters: 0, k_factor: 0, totals: { sent: 0 } });
  });

  test('refuses a period without days, one of more than a year, and a program that is not there', async () => {
    const report = (query: string) => server.send('GET', `/v1/programs/codex-selective/report?${query}`);
    expect(await report('from=2026-03-13&to=2026-03-12')).toMatchObject({
      status: 400,
      json: { errors: [{ path: 'from' }] },
    });
    expect(await report('from=2025-03-12&to=2026-03-13')).toMatchObject({ status: 400 });
    expect(await report('from=2026-02-30')).toMatchObject({
      status: 400,
      json: { errors: [{ path: 'from' }] },
    });
    expect(await server.send('GET', '/v1/programs/none/report')).toMatchObject({ status: 404 });
  });
});

describe('GET /v1/accounts/{id}/eligibility', () => {
  const eligibility = (id: string, program: string) =>
    server.send('GET', `/v1/accounts/${id}/eligibility?program=${program}`);

  test('shows what may be done, and the current month', async () => {
    expect(await eligibility('ann', 'codex-selective')).toMatchObject({
      status: 200,
      json: {
        eligible: true,
        reasons: [],
        remaining_invites: 8,
        remaining_rewards: 2,
        month: { starts_at: '2026-03-01T00:00:00.000Z' },
      },
    });
  });

  test('says why not, by the code that an invitation is refused with, and what would change it', async () => {
    expect((await eligibility('fay', 'codex-pilot')).json).toMatchObject({
      eligible: false,
      reasons: [
        { code: 'program_closed', fix: 'Wait until 2026-06-11T00:00:00Z.' },
        { code: 'plan_ineligible', fix: 'Change to one of these plans: plus, pro.' },
      ],
    });
    const body = { program: 'codex-pilot', referrer_id: 'fay', email: 'x@example.com' };
    expect(await server.send('POST', '/v1/referrals', { body })).toMatchObject({
      status: 409,
      json: { code: 'program_closed' },
    });
  });

  test('is not found for an account or a program that is not there, and a program must be named', async () => {
    expect((await eligibility('nobody', 'codex-pilot')).status).toBe(404);
    expect((await eligibility('ann', 'none')).status).toBe(404);
    expect((await server.send('GET', '/v1/accounts/ann/eligibility')).status).toBe(400);
  });
});

describe('the client', () => {
  test('records activity, asks for eligibility and gets reports', async () => {
    const client = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
    const at = server.time.now.toISOString();
    expect(await client.activity.record({ id: 'x', account_id: 'gil', kind: 'prompt', at })).toEqual({
      accepted: true,
    });
    expect(await client.accounts.eligibility('ann', { program: 'codex-selective' })).toMatchObject({
      eligible: true,
    });
    const report = await client.programs.report('codex-selective', { from: '2026-03-10', to: '2026-03-10' });
    expect(report.days).toMatchObject([{ day: '2026-03-10', sent: 5 }]);
  });
});

describe('GET /v1/programs', () => {
  test('shows the programs of the policy with their terms, by name, page by page', async () => {
    const all = (await server.send('GET', '/v1/programs')).json.data as { id: string }[];
    const names = all.map(({ id }) => id);
    expect(names).toEqual([...names].sort());
    const first = await server.send('GET', '/v1/programs?limit=1');
    expect(first.json.data).toEqual([all[0]]);
    const rest = await server.send('GET', `/v1/programs?cursor=${first.json.next_cursor}`);
    expect(rest.json).toEqual({ data: all.slice(1), next_cursor: null });
    expect((await server.send('GET', '/v1/programs/codex-selective')).json).toEqual(
      all.find(({ id }) => id === 'codex-selective'),
    );
  });

  test('says whether a program is still to open, open or closed', async () => {
    const opens_at = later(START, { days: 1 });
    const closes_at = later(START, { days: 2 });
    const own = await openTestServer({
      policy: { programs: { 'codex-selective': { opens_at, closes_at } } },
    });
    try {
      for (const [now, state] of [
        [START, 'upcoming'],
        [opens_at, 'open'],
        [closes_at, 'closed'],
      ] as const) {
        own.time.now = new Date(now);
        expect((await own.send('GET', '/v1/programs/codex-selective')).json).toMatchObject({
          state,
          opens_at,
          closes_at,
        });
      }
    } finally {
      await own.close();
    }
  });

  test('answers 404 for a program that the policy does not have', async () => {
    for (const name of ['nothing', '__proto__', 'constructor'])
      expect((await server.send('GET', `/v1/programs/${name}`)).status, name).toBe(404);
  });

  test('is in the client', async () => {
    const boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
    const names = [];
    for await (const { id } of boon.programs.listAll({ limit: 1 })) names.push(id);
    expect(names).toContain('codex-selective');
    expect((await boon.programs.get('codex-selective')).prompts).toBe(3);
  });
});
