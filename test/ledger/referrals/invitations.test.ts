import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BoonError } from '../../../src/contracts/errors.ts';
import { ACCOUNT_STATUSES, PLANS } from '../../../src/domain/account.ts';
import { runs } from '../../support/effort.ts';
import { outcomes, refusal } from '../../support/gifts.ts';
import { actOn, invite, inviteRequest, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

const PILOT = 'codex-pilot';
const IN_JUNE = '2026-06-12T12:00:00.000Z';

let own: TestLedger;
let people = 0;
let referrer = '';

beforeAll(async () => {
  own = await openTestLedger();
});
afterAll(() => own.close());

async function newReferrer(put: Parameters<typeof newFriend>[3] = {}): Promise<void> {
  people += 1;
  referrer = `referrer-${people}`;
  await seedAccount(own.ledger, referrer, { put: { cohorts: ['codex-selective'], ...put } });
}
const pilot = (at: string = IN_JUNE, more: Parameters<typeof invite>[2] = {}) =>
  invite(own.ledger, referrer, { program: PILOT, at, ...more });
const may = (program: string, at: string) => own.ledger.eligibility(referrer, program, at);

describe('an invitation', () => {
  test('stands for 30 days, and reveals nothing of the address or the token', async () => {
    await newReferrer();
    const invited = await invite(own.ledger, referrer, { email: 'fay@example.com' });
    expect(invited).toMatchObject({
      status: 'invited',
      program: 'codex-selective',
      expires_at: later(START, { days: 30 }),
      friend_id: null,
      prompts_seen: 0,
      prompts_required: 3,
      next_step: 'The friend has to use the link by 2026-04-09T12:00:00Z.',
    });
    const { token } = (await own.ledger.referralAddresses([invited.id])).get(invited.id) ?? {};
    expect(token).toMatch(/^[\w-]{43}$/);
    const stored = JSON.stringify([
      await own.sql('SELECT * FROM boon.referrals WHERE id = $1', [invited.id]),
      await own.sql('SELECT * FROM boon.events WHERE subject = $1', [invited.id]),
      await own.sql('SELECT result FROM boon.idempotency_keys'),
    ]);
    expect(stored).not.toContain('fay');
    expect(stored).not.toContain(token);
  });

  test('answers the same whether or not the address has an account', async () => {
    await newReferrer();
    await newFriend(own.ledger, 'gus', START, { email: 'gus@example.com', last_active_at: START });
    const known = await invite(own.ledger, referrer, { email: 'gus@example.com' });
    const unknown = await invite(own.ledger, referrer, { email: 'nobody@example.com' });
    expect({ ...known, id: '' }).toEqual({ ...unknown, id: '' });
  });

  test('asked for again under its key is the same one; another request under it is refused', async () => {
    await newReferrer();
    const request = inviteRequest(referrer);
    const first = await own.ledger.invite(request);
    expect(await own.ledger.invite({ ...request, id: 'ref_another' })).toEqual({ ...first, replayed: true });
    await expect(own.ledger.invite({ ...request, email: 'x@example.com' })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
    await expect(invite(own.ledger, referrer, { id: request.id })).rejects.toMatchObject(
      refusal('idempotency_mismatch'),
    );
  });

  test.each([
    ['self_referral', 'Ann@Example.com'],
    ['disposable_address', 'someone@mailinator.com'],
    ['disposable_address', 'someone@eu.mailinator.com'],
  ])('is refused as %s', async (code, email) => {
    await newReferrer({ email: 'ann@example.com' });
    await expect(invite(own.ledger, referrer, { email })).rejects.toMatchObject(refusal(code));
  });

  test.each([
    ['account_frozen', 'ann@example.com', { status: 'frozen' }],
    ['account_frozen', 'someone@mailinator.com', { status: 'frozen' }],
    ['self_referral', 'ann@mailinator.com', {}],
  ] as const)('for several reasons is refused for the first, %s: %s', async (code, email, then) => {
    await newReferrer({ email });
    await own.ledger.putAccount(referrer, { plan: 'plus', ...then }, START);
    await expect(invite(own.ledger, referrer, { email })).rejects.toMatchObject(refusal(code));
  });

  test('to an address that this referrer has an open one to is refused, in any spelling, until that has ended', async () => {
    await newReferrer();
    const first = await invite(own.ledger, referrer, { email: 'hal@example.com' });
    await expect(invite(own.ledger, referrer, { email: 'HAL@example.com' })).rejects.toMatchObject(
      refusal('duplicate_referral'),
    );
    await actOn(own.ledger, first, 'cancel', START);
    expect(await invite(own.ledger, referrer, { email: 'hal@example.com' })).toMatchObject({
      status: 'invited',
    });
    await newReferrer();
    expect(await invite(own.ledger, referrer, { email: 'hal@example.com' })).toMatchObject({
      status: 'invited',
    });
  });

  test('to the address of a friend who has joined, or qualified, is refused until the reward is given', async () => {
    await newReferrer();
    const email = `jo-${people}@example.com`;
    const first = await invite(own.ledger, referrer, { email });
    await newFriend(own.ledger, `jo-${people}`, START);
    const again = () => invite(own.ledger, referrer, { email });
    await join(own.ledger, first, `jo-${people}`, START);
    await expect(again()).rejects.toMatchObject(refusal('duplicate_referral'));
    for (let n = 0; n < 3; n++) await prompt(own.ledger, `jo-${people}`, START);
    expect(await own.ledger.findReferral(first.id)).toMatchObject({ status: 'qualified' });
    await expect(again()).rejects.toMatchObject(refusal('duplicate_referral'));
    await own.ledger.rewardReferral(first.id, START);
    expect(await again()).toMatchObject({ status: 'invited' });
  });

  test('that has run out takes no place and is in no other’s way, before a sweep has run', async () => {
    await newReferrer();
    const end = later(START, { days: 30 });
    const first = await invite(own.ledger, referrer, { email: 'kim@example.com' });
    const second = await invite(own.ledger, referrer, { at: later(START, { days: 1 }) });
    for (let n = 0; n < 8; n++) await invite(own.ledger, referrer, { at: later(START, { days: 2 }) });
    expect(await may('codex-selective', later(end, { ms: -1 }))).toMatchObject({
      remaining_invites: 0,
      reasons: [{ fix: expect.stringContaining('the next at 2026-04-09T12:00:00Z') }],
    });
    const kim = { at: end, email: 'kim@example.com' };
    await expect(invite(own.ledger, referrer, { ...kim, at: later(end, { ms: -1 }) })).rejects.toMatchObject(
      refusal('invite_limit_reached'),
    );
    expect(await may('codex-selective', end)).toMatchObject({ eligible: true, remaining_invites: 1 });
    expect(await invite(own.ledger, referrer, kim)).toMatchObject({ status: 'invited' });
    expect(await own.ledger.findReferral(first.id)).toMatchObject({ status: 'expired', ended_at: end });
    // The advice names the next one to come, never one that has passed.
    expect(await may('codex-selective', end)).toMatchObject({
      remaining_invites: 0,
      reasons: [{ fix: expect.stringContaining('the next at 2026-04-10T12:00:00Z') }],
    });
    expect(await own.ledger.findReferral(second.id)).toMatchObject({ status: 'invited' });
  });

  test('to one address, asked for twelve times at once, is made once', async () => {
    await newReferrer();
    const { values, errors } = await outcomes(
      Array.from({ length: 12 }, () => invite(own.ledger, referrer, { email: 'ida@example.com' })),
    );
    expect(values).toHaveLength(1);
    expect(errors).toEqual(errors.map(() => expect.objectContaining(refusal('duplicate_referral'))));
  });
});

describe('who may invite', () => {
  test.each([
    [
      'a millisecond before it opens',
      '2026-06-10T23:59:59.999Z',
      'The program opens at 2026-06-11T00:00:00Z.',
    ],
    ['when it opens', '2026-06-11T00:00:00.000Z', undefined],
    ['in its last millisecond', '2026-06-24T23:59:59.999Z', undefined],
    ['when it closes', '2026-06-25T00:00:00.000Z', 'The program closed at 2026-06-25T00:00:00Z.'],
  ])('in a program with dates, %s', async (_words, at, detail) => {
    await newReferrer();
    expect(await may(PILOT, at)).toMatchObject(
      detail === undefined
        ? { eligible: true, reasons: [] }
        : { eligible: false, reasons: [{ code: 'program_closed', detail }] },
    );
    if (detail === undefined) expect(await pilot(at)).toMatchObject({ status: 'invited' });
    else await expect(pilot(at)).rejects.toMatchObject({ code: 'program_closed', message: detail });
  });

  test('every reason is given at once, each with what would change it', async () => {
    await newReferrer({ plan: 'free', cohorts: [], status: 'frozen' });
    expect(await may('codex-selective', START)).toMatchObject({
      eligible: false,
      reasons: [
        {
          code: 'account_frozen',
          detail: 'The account is frozen.',
          fix: expect.stringContaining('operator'),
        },
        {
          code: 'plan_ineligible',
          detail: 'The plan free does not take part.',
          fix: expect.stringContaining('go, plus, pro'),
        },
        { code: 'not_in_cohort', fix: 'An operator can add the account to the cohort codex-selective.' },
      ],
      remaining_invites: 10,
      remaining_rewards: 3,
      month: {
        starts_at: '2026-03-01T00:00:00.000Z',
        ends_at: '2026-04-01T00:00:00.000Z',
      },
    });
  });

  test('is not found for an account or a program that is not there', async () => {
    await newReferrer();
    await expect(may('none', START)).rejects.toMatchObject(refusal('not_found'));
    await expect(own.ledger.eligibility('nobody', PILOT, START)).rejects.toMatchObject(refusal('not_found'));
    await expect(invite(own.ledger, 'nobody')).rejects.toMatchObject(refusal('not_found'));
    await expect(invite(own.ledger, referrer, { program: 'none' })).rejects.toMatchObject(
      refusal('not_found'),
    );
  });

  test('the answer is what an invitation then meets, whatever the account and the moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          plan: fc.constantFrom(...PLANS),
          status: fc.constantFrom('active' as const, ...ACCOUNT_STATUSES),
          cohorts: fc.subarray(['codex-selective', 'other']),
          program: fc.constantFrom(PILOT, 'codex-selective'),
          at: fc.constantFrom(
            '2026-06-10T23:59:59.999Z',
            '2026-06-11T00:00:00.000Z',
            IN_JUNE,
            '2026-06-25T00:00:00.000Z',
          ),
          open: fc.integer({ min: 0, max: 4 }),
        }),
        async ({ plan, status, cohorts, program, at, open }) => {
          await newReferrer();
          for (let n = 0; n < open; n++) await pilot(IN_JUNE).catch(() => undefined);
          await own.ledger.putAccount(referrer, { plan, status, cohorts }, at);
          const answer = await may(program, at);
          const met = await invite(own.ledger, referrer, { program, at }).then(
            () => undefined,
            (error: unknown) =>
              error instanceof BoonError ? { code: error.code, detail: error.message } : error,
          );
          expect(answer.eligible).toBe(met === undefined);
          if (met !== undefined) expect(answer.reasons[0]).toMatchObject(met as object);
          const after = await may(program, at);
          expect(after.remaining_invites).toBe(answer.remaining_invites - (met === undefined ? 1 : 0));
        },
      ),
      { numRuns: runs(25) },
    );
  });
});

describe('a program’s places', () => {
  test('are three in the pilot, also when ten invitations are asked for at once', async () => {
    await newReferrer();
    const { values, errors } = await outcomes(Array.from({ length: 10 }, () => pilot()));
    expect(values).toHaveLength(3);
    expect(errors).toEqual(errors.map(() => expect.objectContaining(refusal('invite_limit_reached'))));
    expect(await may(PILOT, IN_JUNE)).toMatchObject({
      remaining_invites: 0,
      reasons: [
        {
          code: 'invite_limit_reached',
          detail: '3 of 3 invitations are open or rewarded.',
          fix: 'Cancel an open invitation: none expires before the program closes.',
        },
      ],
    });
  });

  const endings: [string, (referral: { id: string }, friend: string) => Promise<unknown>][] = [
    ['canceled', (referral) => actOn(own.ledger, referral, 'cancel', IN_JUNE)],
    ['refused', (referral) => join(own.ledger, referral, referrer, IN_JUNE)],
    [
      'expired',
      (referral, friend) =>
        expect(join(own.ledger, referral, friend, '2026-07-12T12:00:00.000Z')).rejects.toMatchObject(
          refusal('claim_expired'),
        ),
    ],
  ];
  test.each(endings)('come back when an invitation is %s', async (status, end) => {
    await newReferrer();
    const [first] = await Promise.all([pilot(), pilot(), pilot()]);
    await expect(pilot()).rejects.toMatchObject(refusal('invite_limit_reached'));
    await newFriend(own.ledger, `friend-of-${referrer}`, IN_JUNE);
    await end(first, `friend-of-${referrer}`);
    expect(await own.ledger.findReferral(first.id)).toMatchObject({ status });
    expect(await pilot()).toMatchObject({ status: 'invited' });
  });

  /** `count` friends who were invited, came, prompted and brought their reward at `at`. */
  const rewarded = async (count: number, program: string, at: string) => {
    for (let n = 0; n < count; n++) {
      const referral = await invite(own.ledger, referrer, { program, at });
      const friend = `friend-${referral.id}`;
      await newFriend(own.ledger, friend, at);
      await join(own.ledger, referral, friend, at);
      for (let prompts = 0; prompts < referral.prompts_required; prompts++)
        await prompt(own.ledger, friend, at);
      expect(await own.ledger.rewardReferral(referral.id, at)).toMatchObject({ status: 'rewarded' });
    }
  };

  test('stay taken by rewarded friends for as long as the program runs', async () => {
    await newReferrer({ billing_day: 15 });
    await rewarded(3, PILOT, IN_JUNE);
    expect(await may(PILOT, '2026-06-20T00:00:00.000Z')).toMatchObject({
      remaining_invites: 0,
      remaining_rewards: 3,
      reasons: [
        { code: 'invite_limit_reached', fix: 'Nothing changes this: every place of the program is used.' },
      ],
    });
  });

  test('are free again in the next billing month where the program has no end', async () => {
    await newReferrer();
    await rewarded(3, 'codex-selective', START);
    expect(await may('codex-selective', START)).toMatchObject({ remaining_invites: 7, remaining_rewards: 0 });
    expect(await may('codex-selective', '2026-04-01T00:00:00.000Z')).toMatchObject({
      remaining_invites: 10,
      remaining_rewards: 3,
    });
  });
});

describe('an invitation that runs out', () => {
  test('ends at its time, not before, with the reason of how far it came', async () => {
    const rig = await openTestLedger();
    const { ledger } = rig;
    await seedAccount(ledger, 'ann', { put: { cohorts: ['codex-selective'] } });
    const unused = await invite(ledger, 'ann');
    const unfinished = await invite(ledger, 'ann');
    const qualified = await invite(ledger, 'ann');
    await newFriend(ledger, 'fay', START);
    await newFriend(ledger, 'gil', START);
    await join(ledger, unfinished, 'fay', START);
    await prompt(ledger, 'fay', START);
    await join(ledger, qualified, 'gil', START);
    for (let n = 0; n < 3; n++) await prompt(ledger, 'gil', START);
    const end = later(START, { days: 30 });
    expect(await ledger.expireReferrals(later(end, { ms: -1 }), 10)).toEqual([]);
    const ended = await ledger.expireReferrals(end, 10);
    expect(ended.toSorted((a, b) => a.id.localeCompare(b.id))).toMatchObject([
      { id: unused.id, status: 'expired', reason_code: 'not_used_in_time' },
      {
        id: unfinished.id,
        status: 'expired',
        reason_code: 'not_qualified_in_time',
        detail: 'The friend sent 1 of 3 prompts in time.',
      },
    ]);
    expect(await ledger.expireReferrals(end, 10)).toEqual([]);
    expect(await ledger.findReferral(qualified.id)).toMatchObject({ status: 'qualified' });
    await rig.close();
  });
});

test('the list of a referrer shows the newest first, page by page, of one program or all', async () => {
  await newReferrer();
  const made = [];
  for (let n = 0; n < 5; n++)
    made.push(await invite(own.ledger, referrer, { at: later(START, { seconds: n }) }));
  made.push(await pilot());
  const seen = [];
  let cursor: string | undefined;
  do {
    const page = await own.ledger.listReferrals(referrer, { limit: 2, cursor });
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(made.map(({ id }) => id).toReversed());
  expect((await own.ledger.listReferrals(referrer, { limit: 10 }, PILOT)).data).toHaveLength(1);
});
