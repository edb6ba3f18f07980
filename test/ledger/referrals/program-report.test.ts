import { afterAll, beforeAll, expect, test } from 'vitest';
import { SHIPPED_POLICY } from '../../../src/domain/shipped-policy.ts';
import { actOn, invite, join, newFriend, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  const program = { ...SHIPPED_POLICY.programs['codex-selective'], cohort: null, prompts: 1 };
  own = await openTestLedger({ programs: { 'codex-selective': program, other: program } } as object);
  for (const id of ['ann', 'bob']) await seedAccount(own.ledger, id);
});
afterAll(() => own.close());

const DAY = START.slice(0, 10);
const NONE = {
  sent: 0,
  opened: 0,
  joined: 0,
  qualified: 0,
  rewarded: 0,
  expired: 0,
  canceled: 0,
  refused: 0,
};
const report = (program: string, from = DAY, to = DAY) => own.ledger.programReport({ program, from, to });

test('a report counts what happened in its days to invitations of its program, each thing on its day', async () => {
  const midnight = '2026-03-11T00:00:00.000Z';
  const first = await invite(own.ledger, 'ann');
  await newFriend(own.ledger, 'fred', START);
  await join(own.ledger, first, 'fred', later(midnight, { ms: -1 }));
  await prompt(own.ledger, 'fred', midnight);
  await own.ledger.rewardReferral(first.id, midnight);
  await actOn(own.ledger, await invite(own.ledger, 'ann'), 'cancel', midnight);
  await invite(own.ledger, 'bob', { at: midnight });
  await invite(own.ledger, 'ann', { program: 'other' });
  expect(await report('codex-selective')).toMatchObject({
    totals: { ...NONE, sent: 2, opened: 1, joined: 1 },
    inviters: 1,
    k_factor: 1,
  });
  expect((await report('other')).totals).toMatchObject({ ...NONE, sent: 1 });
  const two = await report('codex-selective', DAY, '2026-03-11');
  expect(two.totals).toEqual({
    ...NONE,
    refused_by_reason: {},
    sent: 3,
    opened: 1,
    joined: 1,
    qualified: 1,
    rewarded: 1,
    canceled: 1,
  });
  expect(two.days).toMatchObject([
    { day: DAY, ...NONE, sent: 2, opened: 1, joined: 1 },
    { day: '2026-03-11', ...NONE, sent: 1, qualified: 1, rewarded: 1, canceled: 1 },
  ]);
  expect((await report('codex-selective', '2026-03-11', '2026-03-12')).totals.sent).toBe(1);
  await expect(report('no-such-program')).rejects.toMatchObject({ code: 'not_found' });
});
