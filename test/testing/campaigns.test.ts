import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness;
beforeAll(async () => {
  boon = await startBoon({ accounts: { ada: {}, bob: {}, eve: { plan: 'free' } } });
});
afterAll(() => boon.stop());

async function ended(id: string) {
  for (;;) {
    const campaign = await boon.client.campaigns.get(id);
    if (campaign.ended_at !== null) return campaign;
    await boon.advance('1 second');
  }
}

test('every account has its complimentary reset from the start, and one that comes later too', async () => {
  await boon.seedAccount('late');
  for (const account of ['ada', 'bob', 'late']) {
    const { data: resets } = await boon.client.resets.list(account);
    expect(resets).toMatchObject([{ status: 'available', source: 'complimentary' }]);
  }
  expect((await boon.client.resets.list('eve')).data).toEqual([]);
  expect(await boon.client.campaigns.account('complimentary-reset', 'eve')).toMatchObject({
    outcome: 'excluded',
    reason: 'plan',
  });
  await boon.client.accounts.put('eve', { plan: 'go' });
  expect((await boon.client.resets.list('eve')).data).toMatchObject([{ source: 'complimentary' }]);
});

test('a campaign is begun, runs, and shows for each account what happened to it', async () => {
  const begun = await boon.client.campaigns.create({
    kind: 'grant_credits',
    amount: '5',
    valid_for: 'P30D',
    filter: { plans: ['plus'] },
    reason: 'thank you',
  });
  expect(await ended(begun.id)).toMatchObject({
    status: 'completed',
    matched: 4,
    granted: 3,
    excluded: { plan: 1 },
  });
  expect(await boon.balance('ada')).toMatchObject({ available: '5' });
  expect(await boon.clientOf('eve').campaigns.account(begun.id, 'eve')).toMatchObject({
    outcome: 'excluded',
    detail: 'The campaign is for other plans.',
  });
  await expect(boon.clientOf('eve').campaigns.account(begun.id, 'ada')).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(boon.clientOf('eve').campaigns.get(begun.id)).rejects.toMatchObject({ code: 'forbidden' });
  await boon.advance('P31D');
  expect(await boon.balance('ada')).toMatchObject({ available: '0' });
});
