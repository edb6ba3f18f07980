import { afterEach, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';
import { usd } from '../support/usd.ts';

let boon: BoonHarness | undefined;
afterEach(() => boon?.stop());

const WANTED = { account_id: 'ada', package: 'credits-100' };
const CONSENT = {
  package: 'credits-100',
  below: '20',
  monthly_cap: { amount: 800, currency: 'usd' },
  consent: true,
} as const;

test('a package that is bought and paid gives its credits at once, and its process ends with a mail', async () => {
  boon = await startBoon({ accounts: { ada: { email: 'ada@example.com' } } });
  const purchase = await boon.client.purchases.create(WANTED);
  expect(purchase).toMatchObject({
    status: 'open',
    checkout: { url: expect.stringMatching(/^http:\/\/boon\.test\/demo\/checkout\//) },
  });
  expect(await boon.pay(purchase)).toMatchObject({ status: 'paid' });
  expect(await boon.balance('ada')).toMatchObject({ available: '100' });
  expect((await boon.mailTo('ada@example.com')).subject).toContain('100 credits');
  await expect(boon.pay(purchase)).rejects.toThrow(`${purchase.id} cannot be paid: it is paid`);
  const process = boon.temporal.workflow.getHandle(`purchase/${purchase.id}`);
  expect(await process.result()).toEqual({ status: 'paid' });
});

test('one that is declined, and one that nobody ever pays, end and give nothing', async () => {
  boon = await startBoon({ accounts: { ada: {} } });
  const declined = await boon.client.purchases.create(WANTED);
  expect(await boon.declinePayment(declined)).toMatchObject({
    status: 'failed',
    reason_code: 'card_declined',
  });
  const forgotten = await boon.client.purchases.create({ ...WANTED, package: 'reset-1' });
  await boon.advance('23 hours');
  expect(await boon.client.purchases.get(forgotten.id)).toMatchObject({ status: 'open' });
  await boon.advance('7 days');
  const { status, ended_at, expires_at } = await boon.client.purchases.get(forgotten.id);
  expect(status).toBe('expired');
  // Not at the end of the days that were advanced by.
  expect(ended_at).toBe(expires_at);
  const process = boon.temporal.workflow.getHandle(`purchase/${forgotten.id}`);
  expect(await process.result()).toEqual({ status: 'expired' });
  expect(await boon.balance('ada')).toMatchObject({ available: '0' });
});

test('by its owner’s consent an account that falls below its sum is topped up, within the cap', async () => {
  boon = await startBoon({ accounts: { ada: {} }, startAt: '2028-02-10T08:00:00Z' });
  await expect(boon.client.purchases.consentToTopUp('ada', CONSENT)).rejects.toMatchObject({
    code: 'card_required',
  });
  await boon.pay(await boon.client.purchases.create({ ...WANTED, save_card: true }));
  await boon.client.purchases.consentToTopUp('ada', CONSENT);
  // 25 of them the plan pays.
  await boon.use('ada', '105');
  await boon.advance('1 minute');
  expect(await boon.balance('ada')).toMatchObject({ available: '20' });
  await boon.use('ada', '1');
  await boon.advance('1 minute');
  expect(await boon.balance('ada')).toMatchObject({ available: '119' });
  await boon.use('ada', '119');
  await boon.advance('1 minute');
  expect(await boon.balance('ada')).toMatchObject({ available: '100' });
  await boon.use('ada', '100');
  await boon.advance('1 day');
  expect(await boon.balance('ada')).toMatchObject({ available: '0' });
  const { data } = await boon.client.purchases.list('ada');
  expect(data.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
    'top_up paid',
    'top_up paid',
    'checkout paid',
  ]);
  expect(await boon.client.purchases.topUp('ada')).toMatchObject({ enabled: true, spent: usd(800) });
});
