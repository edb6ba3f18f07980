import { afterAll, beforeAll, expect, test } from 'vitest';
import { actOn, invite, join, prompt } from '../../support/referrals.ts';
import { later, openTestLedger, START, seedAccount, type TestLedger } from '../../support/test-ledger.ts';

let own: TestLedger;
beforeAll(async () => {
  own = await openTestLedger({ programs: { 'codex-pilot': { opens_at: null, closes_at: null } } });
});
afterAll(() => own.close());

test('a friend is invited, joins, prompts, and both are rewarded', async () => {
  const { ledger } = own;
  await seedAccount(ledger, 'ann');
  const invited = await invite(ledger, 'ann', { program: 'codex-pilot' });
  expect(invited).toMatchObject({ status: 'invited', referrer_id: 'ann', prompts_required: 1 });
  await seedAccount(ledger, 'fay', { put: { created_at: later(START, { hours: 1 }) } });
  expect(await join(ledger, invited, 'fay', later(START, { hours: 1 }))).toMatchObject({
    status: 'joined',
    friend_id: 'fay',
  });
  expect(await prompt(ledger, 'fay', later(START, { hours: 2 }))).toMatchObject({ status: 'qualified' });
  expect(await ledger.rewardReferral(invited.id, later(START, { hours: 2 }))).toMatchObject({
    status: 'rewarded',
    rewards: [
      { recipient: 'referrer', account_id: 'ann', resets: 1, credits: '0' },
      { recipient: 'friend', account_id: 'fay', resets: 1 },
    ],
  });
});

test('open referrals are read by the time of their invitation, page by page, from a moment on and before another', async () => {
  const { ledger } = own;
  const at = (hours: number) => later('2026-06-01T00:00:00.000Z', { hours });
  for (const [referrer, hours] of [
    ['bea', 3],
    ['cas', 1],
    ['dan', 1],
    ['eve', 2],
    ['fin', 2],
  ] as const) {
    await seedAccount(ledger, referrer);
    const { id } = await invite(ledger, referrer, { program: 'codex-pilot', at: at(hours) });
    if (referrer === 'fin') await actOn(ledger, { id }, 'cancel', at(2));
  }
  const read = async (before: string, limit: number, since?: string) => {
    const referrers: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await ledger.openReferrals(before, { limit, ...(cursor && { cursor }) }, since);
      referrers.push(...page.data.map(({ referrer_id }) => referrer_id));
      if (page.next_cursor === null) return referrers;
      cursor = page.next_cursor;
    }
  };
  for (const limit of [1, 2, 100]) {
    expect(await read(at(3), limit, at(1))).toEqual(['cas', 'dan', 'eve']);
    expect(await read(at(4), limit, at(2))).toEqual(['eve', 'bea']);
  }
  expect(await read(at(3), 100)).toEqual(['cas', 'dan', 'eve']);
});
