import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({
    accounts: { ada: { email: 'ada@example.com', cohorts: ['codex-selective'], billing_day: 31 } },
  });
}, 300_000);
afterAll(() => boon.stop());

async function refer(friend: string) {
  const email = `${friend}@example.com`;
  const program = 'codex-selective';
  const { id } = await boon.client.referrals.create({ program, referrer_id: 'ada', email });
  await boon.client.accounts.put(friend, { plan: 'free' });
  await boon.client.referrals.linkUsed(id, { account_id: friend });
  for (const prompt of [1, 2, 3]) {
    await boon.advance('1 hour');
    const at = boon.now().toISOString();
    await boon.client.activity.record({ id: `${friend}-${prompt}`, account_id: friend, kind: 'prompt', at });
  }
  await boon.advance('1 minute');
  return await boon.client.referrals.get(id);
}

test('a month of a program: three rewards, a fourth that is refused, reminders, expiry, and the next month', async () => {
  for (const friend of ['mary', 'alan', 'barbara']) {
    expect(await refer(friend)).toMatchObject({ status: 'rewarded' });
  }
  expect(await refer('frances')).toMatchObject({ status: 'refused', reason_code: 'reward_cap_reached' });
  const banked = async () =>
    (await boon.client.resets.list('ada')).data.filter(({ program }) => program === 'codex-selective');
  expect(await banked()).toHaveLength(3);

  await boon.advance('24 days');
  expect((await boon.mailTo('ada@example.com')).subject).toContain('expire');
  await boon.advance('7 days');
  expect((await banked()).map((reset) => reset.status)).toEqual(['expired', 'expired', 'expired']);
  expect(await refer('grace')).toMatchObject({ status: 'rewarded' });
}, 120_000);
