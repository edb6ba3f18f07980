import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Referral } from '../../../src/contracts/referrals/referral.ts';
import { invite, join, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, type TestLedger } from '../../support/test-ledger.ts';

/** Both sides are rewarded; one program counts new friends, the other is like it. */
const PROGRAM = {
  opens_at: null,
  closes_at: null,
  plans: ['plus'],
  cohort: null,
  invites: 100,
  prompts: 1,
  dormancy: 'P62D',
  login_grace: 'PT1H',
  rewards: { referrer: { resets: 1, credits: '0' }, friend: { resets: 1, credits: '0' } },
  monthly_cap: 10,
  over_cap: 'defer',
  invite_valid_for: 'P30D',
  clawback_within: 'P30D',
  credits_valid_for: 'P12M',
};
const TOGETHER = 'Referrer and friend have referred each other, which counts once.';

let own: TestLedger;
let pairs = 0;

beforeAll(async () => {
  own = await openTestLedger({ programs: { one: PROGRAM, other: PROGRAM } as object });
});
afterAll(() => own.close());

/** Two people who have long had accounts and were away, and have invited each other. */
async function pair(programs: [string, string]) {
  pairs += 1;
  const [ada, bob] = [`ada-${pairs}`, `bob-${pairs}`];
  for (const id of [ada, bob])
    await own.ledger.putAccount(id, { plan: 'plus', created_at: '2024-01-01T00:00:00.000Z' }, START);
  const toBob = await invite(own.ledger, ada, { program: programs[0] });
  const toAda = await invite(own.ledger, bob, { program: programs[1] });
  return { ada, bob, toBob, toAda };
}
/** As an earlier version had it, which did not refuse it. */
const joinAsBefore = (referral: Referral, friend: string, when: string) =>
  own.sql(
    `UPDATE boon.referrals SET status = 'joined', friend_id = $2, friend_is_new = false, link_used_at = $3, joined_at = $3,
       token_hash = NULL, token_sealed = NULL WHERE id = $1`,
    [referral.id, friend, when],
  );
const at = (minutes: number) => later(START, { minutes });
const reward = (referral: Referral, minutes: number) => own.ledger.rewardReferral(referral.id, at(minutes));
const resetsOf = async (account: string) => (await own.ledger.limits(account, at(90))).resets_available;

test.each([
  ['in one program', 'one', 'one'],
  ['in two', 'one', 'other'],
] as const)('two people who refer each other are rewarded once: %s', async (_words, first, second) => {
  const { ada, bob, toBob, toAda } = await pair([first, second]);
  await join(own.ledger, toBob, bob, at(1));
  expect(await join(own.ledger, toAda, ada, at(2))).toMatchObject({
    status: 'refused',
    reason_code: 'duplicate_referral',
    detail: TOGETHER,
  });
  await prompt(own.ledger, bob, at(3));
  await prompt(own.ledger, ada, at(3));
  expect(await reward(toBob, 4)).toMatchObject({ status: 'rewarded' });
  expect([await resetsOf(ada), await resetsOf(bob)]).toEqual([1, 1]);
});

test('also where the first was rewarded long before the second is used', async () => {
  const { ada, bob, toBob, toAda } = await pair(['one', 'one']);
  await join(own.ledger, toBob, bob, at(1));
  await prompt(own.ledger, bob, at(2));
  await reward(toBob, 2);
  expect(await join(own.ledger, toAda, ada, at(60))).toMatchObject({ detail: TOGETHER });
});

test('not where the first came to nothing', async () => {
  const { ada, bob, toBob, toAda } = await pair(['one', 'one']);
  await join(own.ledger, toBob, bob, at(1));
  await own.ledger.expireReferrals(later(START, { days: 30 }), 1000);
  const again = await invite(own.ledger, bob, { at: later(START, { days: 70 }), program: 'one' });
  expect(await own.ledger.findReferral(toAda.id)).toMatchObject({ status: 'expired' });
  expect(await join(own.ledger, again, ada, later(START, { days: 70 }))).toMatchObject({ status: 'joined' });
});

test('where both have joined by an earlier version, the friend who qualified first is the one', async () => {
  const { ada, bob, toBob, toAda } = await pair(['one', 'one']);
  await join(own.ledger, toBob, bob, at(1));
  await joinAsBefore(toAda, ada, at(1));
  await prompt(own.ledger, ada, at(2));
  await prompt(own.ledger, bob, at(3));
  expect(await reward(toBob, 4)).toMatchObject({ status: 'refused', detail: TOGETHER, rewards: [] });
  expect(await reward(toAda, 5)).toMatchObject({ status: 'rewarded' });
  expect([await resetsOf(ada), await resetsOf(bob)]).toEqual([1, 1]);
});

test('both joined, and one is rewarded before the other qualifies: that one stays the only one', async () => {
  const { ada, bob, toBob, toAda } = await pair(['one', 'one']);
  await join(own.ledger, toBob, bob, at(1));
  await joinAsBefore(toAda, ada, at(1));
  await prompt(own.ledger, bob, at(3));
  expect(await reward(toBob, 4)).toMatchObject({ status: 'rewarded' });
  // Told later, though sent before.
  await prompt(own.ledger, ada, at(2));
  expect(await reward(toAda, 5)).toMatchObject({ status: 'refused', detail: TOGETHER });
});

describe('by the first link used', () => {
  const END = later(START, { days: 30 });
  const ended = { status: 'refused', reason_code: 'duplicate_referral', detail: TOGETHER };

  test('also when it is reported second', async () => {
    const { ada, bob, toBob, toAda } = await pair(['one', 'other']);
    expect(await join(own.ledger, toAda, ada, at(2))).toMatchObject({ status: 'joined' });
    expect(await join(own.ledger, toBob, bob, at(3), { used_at: at(1) })).toMatchObject({ status: 'joined' });
    expect(await own.ledger.findReferral(toAda.id)).toMatchObject({ ...ended, ended_at: at(2) });
    await prompt(own.ledger, bob, at(4));
    expect(await reward(toBob, 4)).toMatchObject({ status: 'rewarded' });
    expect([await resetsOf(ada), await resetsOf(bob)]).toEqual([1, 1]);
  });

  test('whom else the friend has won is won still', async () => {
    const { bob, toBob } = await pair(['one', 'one']);
    const { ada: eve } = await pair(['one', 'one']);
    const toEve = await invite(own.ledger, bob, { program: 'one' });
    await join(own.ledger, toEve, eve, at(2));
    await join(own.ledger, toBob, bob, at(3), { used_at: at(1) });
    expect(await own.ledger.findReferral(toEve.id)).toMatchObject({ status: 'joined' });
  });

  test('a second one that joins all the same is seen, unless an earlier version let it', async () => {
    const { ada, bob, toBob, toAda } = await pair(['one', 'one']);
    await join(own.ledger, toBob, bob, at(1));
    await joinAsBefore(toAda, ada, at(2));
    expect((await own.ledger.verify()).violations).toEqual([
      {
        invariant: 'every referral has its events',
        detail: `referral ${toAda.id} is joined and has no such event`,
      },
    ]);
    await own.sql(
      `SELECT boon_code.emit_referral_event(r, 'referral.joined', $2) FROM boon.referrals r WHERE r.id = $1`,
      [toAda.id, at(2)],
    );
    expect((await own.ledger.verify()).violations).toEqual([
      {
        invariant: 'a friend belongs to the first link used',
        detail: `${bob} and ${ada} have referred each other: ${toAda.id} counts, ${toBob.id} came before`,
      },
    ]);
    const back = { key: `undo-${toAda.id}`, referral_id: toAda.id, action: 'cancel', at: at(3) } as const;
    await own.ledger.actOnReferral(back);
  });

  test('unless the other friend has qualified, or the link is refused for something else', async () => {
    const one = await pair(['one', 'one']);
    await join(own.ledger, one.toAda, one.ada, at(2));
    await prompt(own.ledger, one.ada, at(3));
    expect(await join(own.ledger, one.toBob, one.bob, at(4), { used_at: at(1) })).toMatchObject(ended);
    const other = await pair(['one', 'one']);
    await join(own.ledger, other.toAda, other.ada, at(2));
    await own.ledger.putAccount(other.bob, { plan: 'plus', status: 'frozen' }, at(3));
    expect(await join(own.ledger, other.toBob, other.bob, at(4), { used_at: at(1) })).toMatchObject({
      reason_code: 'account_frozen',
    });
    expect(await own.ledger.findReferral(other.toAda.id)).toMatchObject({ status: 'joined' });
  });

  test.each([
    ['before a sweep', false],
    ['after a sweep', true],
  ])('of those that were open when the second was used: %s', async (_words, isSwept) => {
    for (const [used_at, becomes] of [
      [later(END, { ms: -1 }), ended],
      [END, { status: 'joined' }],
    ] as const) {
      const { ada, bob, toBob } = await pair(['one', 'one']);
      await join(own.ledger, toBob, bob, at(1));
      const back = await invite(own.ledger, bob, { at: at(5), program: 'one' });
      const told = later(END, { minutes: 1 });
      if (isSwept) await own.ledger.expireReferrals(told, 1000);
      expect(await join(own.ledger, back, ada, told, { used_at })).toMatchObject(becomes);
    }
  });
});
