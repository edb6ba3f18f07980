import { afterAll, beforeAll, expect, test } from 'vitest';
import { isBoonApiError, type Transfer } from '../../src/client/index.ts';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness;

beforeAll(async () => {
  boon = await startBoon({
    startAt: '2031-03-10T12:00:00Z',
    accounts: { ada: { credits: '100' }, grace: {} },
  });
});
afterAll(() => boon?.stop());

function expectSettledOnTime({ status, settled_at, settles_at }: Transfer): void {
  expect(status).toBe('settled');
  expect(settled_at).toBe(settles_at);
}

test('a gift is nobody’s for 24 hours and then the recipient’s', async () => {
  const gift = await boon.client.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: '40' });

  await boon.advance('23 hours');
  expect(await boon.balance('ada')).toMatchObject({ available: '60', held: '40' });
  expect(await boon.balance('grace')).toMatchObject({ available: '0', pending_in: '40' });

  await boon.advance('1 hour');
  expect(await boon.balance('grace')).toMatchObject({ available: '40', pending_in: '0' });
  expectSettledOnTime(await boon.client.transfers.get(gift.id));
});

test('the clock begins where the test says and moves in words, ISO durations and milliseconds', async () => {
  const began = boon.now();
  expect(began.toISOString()).toBe('2031-03-11T12:00:00.000Z');
  await boon.advance('1 day');
  await boon.advance('P1M');
  await boon.advance(1_000);
  expect(boon.now().getTime() - began.getTime()).toBe(32 * 86_400_000 + 1_000);
});

test('gifts that fall due on a long way settle each at its own moment', async () => {
  await boon.seedAccount('linus', { credits: '90' });
  const gifts = [];
  for (const hours of [0, 5, 7]) {
    await boon.advance(`${hours} hours`);
    gifts.push(
      await boon.client.transfers.create({ from: 'linus', to: { account_id: 'grace' }, amount: '10' }),
    );
  }
  await boon.advance('P20D');
  for (const { id } of gifts) expectSettledOnTime(await boon.client.transfers.get(id));
});

test('a held gift goes on by itself after 14 days, however long the test advances at once', async () => {
  const gift = await boon.client.transfers.create({
    from: 'linus',
    to: { account_id: 'grace' },
    amount: '1',
  });
  await boon.client.transfers.hold(gift.id, { reason: 'looks odd' });
  const { hold_ends_at } = await boon.client.transfers.get(gift.id);
  await boon.advance('13 days');
  expect((await boon.client.transfers.get(gift.id)).status).toBe('held');
  await boon.advance('3 days');
  const settled = await boon.client.transfers.get(gift.id);
  expect(settled.status).toBe('settled');
  // It was held as soon as it was accepted: its whole day was left.
  expect(Date.parse(String(settled.settled_at)) - Date.parse(String(hold_ends_at))).toBe(86_400_000);
});

test('a freeze stops a gift’s clock, and lifted lets the rest of its time pass', async () => {
  await boon.seedAccount('joan');
  const { id } = await boon.client.transfers.create({
    from: 'linus',
    to: { account_id: 'joan' },
    amount: '1',
  });
  await boon.advance('20 hours');
  await boon.client.accounts.put('joan', { plan: 'plus', status: 'frozen' });
  await boon.advance('2 days');
  expect((await boon.client.transfers.get(id)).status).toBe('held');
  await boon.client.accounts.put('joan', { plan: 'plus', status: 'active' });
  await boon.advance('3 hours');
  expect((await boon.client.transfers.get(id)).status).toBe('pending');
  await boon.advance('1 hour');
  expect((await boon.client.transfers.get(id)).status).toBe('settled');
});

test('a mail is captured with its claim token, and an unclaimed gift comes back after its window', async () => {
  const { transfers } = boon.client;
  const claimed = await transfers.create({ from: 'linus', to: { email: 'hedy@example.com' }, amount: '2' });
  const lost = await transfers.create({ from: 'linus', to: { email: 'joan@example.com' }, amount: '3' });
  const { claim, subject } = await boon.mailTo('hedy@example.com');
  expect(subject).toBe('2 credits for you');
  expect(claim?.gift_id).toBe(claimed.id);

  await boon.seedAccount('hedy');
  await transfers.claim(claimed.id, { token: claim?.token ?? '', account_id: 'hedy' });
  await boon.advance('14 days');
  expect((await boon.balance('hedy')).available).toBe('2');
  expect((await transfers.get(lost.id)).status).toBe('expired');
});

test('a changed policy holds for new gifts only, and one that does not validate is refused', async () => {
  const { transfers } = boon.client;
  const before = await transfers.create({ from: 'linus', to: { account_id: 'grace' }, amount: '1' });
  await boon.setPolicy({ gifts: { settlement: 'PT1H' } });
  expect((await boon.client.policy.get()).policy.gifts.settlement).toBe('PT1H');
  const after = await transfers.create({ from: 'linus', to: { account_id: 'grace' }, amount: '1' });
  await boon.advance('1 hour');
  expect((await transfers.get(before.id)).status).toBe('pending');
  expect((await transfers.get(after.id)).status).toBe('settled');
  await expect(boon.setPolicy({ gifts: { settlement: 'a day' } })).rejects.toThrow('gifts.settlement');
});

test('credits that expire on the way are posted as expired', async () => {
  const expires_at = new Date(boon.now().getTime() + 86_400_000).toISOString();
  await boon.seedAccount('margaret', { credits: '5', grant: { expires_at } });
  await boon.advance('2 days');
  const { data } = await boon.client.accounts.statement('margaret');
  expect(data[0]).toMatchObject({ kind: 'expired', amount: '-5', balance_after: '0' });
});

test('an end user reaches their own account and no other', async () => {
  const margaret = boon.clientOf('margaret');
  expect((await margaret.accounts.balance('margaret')).account_id).toBe('margaret');
  const refused = await margaret.accounts.balance('grace').catch((error) => error);
  expect(isBoonApiError(refused) && refused.code).toBe('not_found');
});

test('time does not go backwards, and a duration that is none is refused', async () => {
  await expect(boon.advance('-PT1H')).rejects.toThrow('only goes forward');
  await expect(boon.advance('a while')).rejects.toThrow('is no duration');
  await expect(startBoon({ startAt: '2020-01-01T00:00:00Z' })).rejects.toThrow(
    'must not be before the present',
  );
});
