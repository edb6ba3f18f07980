import { setTimeout as realTime } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { eventTimes } from './support/event-times.ts';

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({
    startAt: '2028-02-10T08:00:00Z',
    accounts: {
      acme: { kind: 'organisation', plan: 'business', billing: 'invoice', billing_day: 15 },
      sue: { plan: 'business', org_id: 'acme' },
      ada: { cohorts: ['codex-selective'], billing_day: 20 },
    },
    policy: {
      plans: { business: { five_hour: '10', weekly: '10' } },
      programs: { 'codex-selective': { over_cap: 'defer', monthly_cap: 1, prompts: 1 } },
    },
  });
});
afterAll(() => boon?.stop());

function before(moment: string): Date {
  return new Date(Date.parse(moment) - 1);
}

async function invite(friend: string) {
  const invitation = { program: 'codex-selective', referrer_id: 'ada', email: `${friend}@example.com` };
  return await boon.client.referrals.create(invitation);
}

async function qualify(friend: string) {
  const { id } = await invite(friend);
  await boon.client.accounts.put(friend, { plan: 'free' });
  await boon.client.referrals.linkUsed(id, { account_id: friend });
  await boon.advance('1 hour');
  const at = boon.now().toISOString();
  await boon.client.activity.record({ id: friend, account_id: friend, kind: 'prompt', at });
  await boon.advance(0);
  return await boon.client.referrals.get(id);
}

test('a billing month is over at its end and not a millisecond before', async () => {
  await boon.use('sue', '25');
  const ends = '2028-02-15T00:00:00.000Z';
  await boon.advanceTo(before(ends));
  await realTime(300);
  await boon.use('sue', '5');
  expect((await boon.client.invoices.list('acme')).data).toEqual([]);

  await boon.advance('1 ms');
  const { data } = await boon.client.invoices.list('acme');
  expect(data).toMatchObject([{ month: { ends_at: ends }, credits: '20' }]);
  expect(await eventTimes(boon, 'invoice.issued', String(data[0]?.id))).toEqual([ends]);
});

test('a reward over the cap waits for the very beginning of the next month', async () => {
  expect(await qualify('mary')).toMatchObject({ status: 'rewarded' });
  const waiting = await qualify('alan');
  const next = '2028-02-20T00:00:00.000Z';
  expect(waiting).toMatchObject({ status: 'qualified', deferred_until: next });

  await boon.advanceTo(before(next));
  await realTime(300);
  expect(await boon.client.referrals.get(waiting.id)).toMatchObject({ status: 'qualified' });
  await boon.advance('1 ms');
  expect(await boon.client.referrals.get(waiting.id)).toMatchObject({
    status: 'rewarded',
    rewarded_at: next,
  });
});

test('an invitation that nobody uses ends at its own moment, however far the test advances', async () => {
  const { id, expires_at } = await invite('grace');
  await boon.advanceTo(before(expires_at));
  expect(await boon.client.referrals.get(id)).toMatchObject({ status: 'invited' });
  await boon.advance('3 days');
  expect(await boon.client.referrals.get(id)).toMatchObject({ status: 'expired' });
  expect(await eventTimes(boon, 'referral.expired', id)).toEqual([expires_at]);
});

test('a reward that is earned in the last millisecond of a month counts in that month', async () => {
  const { month } = await boon.client.referrals.rewardWindow('ada', 'codex-selective');
  const { id } = await invite('joan');
  await boon.client.accounts.put('joan', { plan: 'free' });
  await boon.client.referrals.linkUsed(id, { account_id: 'joan' });
  await boon.advanceTo(before(month.ends_at));
  const at = boon.now().toISOString();
  await boon.client.activity.record({ id: 'joan', account_id: 'joan', kind: 'prompt', at });
  await boon.advance(0);
  expect(await boon.client.referrals.get(id)).toMatchObject({ status: 'rewarded', rewarded_at: at });
  const claimed = { month, claimed: [id] };
  expect(await boon.client.referrals.rewardWindow('ada', 'codex-selective')).toMatchObject(claimed);
});
