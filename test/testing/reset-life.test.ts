import { afterEach, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness | undefined;
afterEach(() => boon?.stop());

const GRANT = { account_id: 'ada', count: 1, reason: 'sorry' };

test('a banked reset is reminded of twice and expires, each at its own moment', async () => {
  boon = await startBoon({
    accounts: { ada: { email: 'ada@example.com' } },
    startAt: '2028-02-10T08:00:00Z',
    policy: { resets: { complimentary_plans: [] } },
  });
  const sent: string[] = [];
  await boon.client.resets.grant({ ...GRANT, count: 2 });
  const { data: resets } = await boon.client.resets.list('ada');
  expect(resets[0]?.expires_at.slice(0, 10)).toBe('2028-03-11');
  const until = `2028-03-11 ${resets[0]?.expires_at.slice(11, 16)} UTC`;
  for (const [days, mails] of [
    ['22 days', 0],
    ['1 day', 1],
    ['5 days', 1],
    ['1 day', 2],
  ] as const) {
    for (const part of days.split(/(?<=days?) /)) await boon.advance(part);
    expect(boon.mails).toHaveLength(mails);
    sent.push(boon.mails.at(-1)?.subject ?? '');
  }
  expect(boon.mails.map(({ to, subject }) => [to, subject])).toEqual([
    ['ada@example.com', `2 banked resets expire on ${until}`],
    ['ada@example.com', `2 banked resets expire on ${until}`],
  ]);
  await boon.advance('1 day');
  expect(await boon.client.resets.list('ada')).toMatchObject({
    data: [{ status: 'expired' }, { status: 'expired' }],
  });
  expect(boon.mails).toHaveLength(2);
});

test('a reset redeemed the day before the week ends comes back; the last one is redeemed at its last moment', async () => {
  boon = await startBoon({
    accounts: { ada: { auto_redeem: true } },
    policy: { resets: { complimentary_plans: [] } },
  });
  await boon.client.resets.grant(GRANT);
  await boon.use('ada', '20');
  await boon.advance('6 days');
  await boon.use('ada', '5');
  const redeemed = await boon.client.resets.redeem('ada');
  expect(redeemed).toMatchObject({
    outcome: 'reset',
    before: { weekly: { used: '25' } },
    after: { weekly: { used: '0' } },
  });
  expect((await boon.client.accounts.limits('ada')).resets_available).toBe(0);
  const weekEnds = String(redeemed.after.weekly.resets_at);
  await boon.advanceTo(weekEnds);
  const [back] = (await boon.client.resets.list('ada')).data;
  expect(back).toMatchObject({ source: 'return', status: 'available', granted_at: weekEnds });

  await boon.advance('22 days');
  await boon.use('ada', '7');
  await boon.advance('2 days');
  const { data: resets } = await boon.client.resets.list('ada');
  expect(resets.map(({ source, status }) => `${source} ${status}`)).toEqual([
    'return redeemed',
    'grant redeemed',
  ]);
  const left = Date.parse(String(back?.expires_at)) - Date.parse(String(resets[0]?.redeemed_at));
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(600_000);
  expect((await boon.client.accounts.limits('ada')).windows.weekly.used).toBe('0');
});

test('a mail server that takes no reminder holds up nothing', async () => {
  boon = await startBoon({
    accounts: {
      ada: { email: 'ada@example.com', credits: '10', grant: { expires_at: '2099-01-01T00:00:00Z' } },
    },
    policy: { resets: { complimentary_plans: [] } },
    smtp: 'smtp://127.0.0.1:1',
  });
  await boon.client.resets.grant(GRANT);
  await boon.advance('31 days');
  expect(await boon.client.resets.list('ada')).toMatchObject({
    data: [{ status: 'expired' }],
  });
});

test('a banked reset is given to a friend by e-mail, claimed, and settles after its day', async () => {
  boon = await startBoon({
    accounts: { ada: {}, grace: {} },
    policy: { resets: { complimentary_plans: [] } },
  });
  const { resets } = await boon.client.resets.grant(GRANT);
  const gift = await boon.client.transfers.create({
    from: 'ada',
    to: { email: 'grace@example.com' },
    reset_id: String(resets[0]?.id),
  });
  const { subject, claim } = await boon.mailTo('grace@example.com');
  expect(subject).toBe('1 banked reset for you');
  await boon.client.transfers.claim(gift.id, { token: String(claim?.token), account_id: 'grace' });
  await boon.advance('24 hours');
  expect(await boon.client.transfers.get(gift.id)).toMatchObject({
    status: 'settled',
    reset_id: resets[0]?.id,
  });
  expect(await boon.client.resets.list('grace')).toMatchObject({
    data: [{ source: 'gift', status: 'available' }],
  });
  const description = await boon.temporal.workflow.getHandle(`gift/${gift.id}`).describe();
  expect(description.status.name).toBe('COMPLETED');
  expect(await description.staticSummary()).toBe('1 banked reset from ada to an e-mail address');
});
