import { afterEach, expect, test } from 'vitest';
import { type BoonHarness, startBoon } from '../../src/testing/index.ts';

let boon: BoonHarness | undefined;
afterEach(() => boon?.stop());

test('a billing month of an organisation ends in one mailed invoice of what its members used beyond the plan', async () => {
  boon = await startBoon({
    accounts: {
      acme: {
        kind: 'organisation',
        plan: 'business',
        billing: 'invoice',
        billing_day: 31,
        email: 'books@acme.example',
      },
      sue: { plan: 'business', org_id: 'acme' },
    },
    startAt: '2028-02-10T08:00:00Z',
    policy: { plans: { business: { five_hour: '10', weekly: '10' } } },
  });
  await boon.use('sue', '25');
  await boon.advanceTo('2028-02-28T23:59:59.999Z');
  expect((await boon.client.invoices.list('acme')).data).toEqual([]);
  await boon.advanceTo('2028-02-29T00:00:00Z');
  const { data } = await boon.client.invoices.list('acme');
  expect(data).toMatchObject([
    { month: '2028-01-31', ends_at: '2028-02-29T00:00:00.000Z', credits: '15', notice: 'sent' },
  ]);
  expect(boon.mails.filter(({ to }) => to === 'books@acme.example')).toHaveLength(1);
  const paid = await boon.client.invoices.markPaid(data[0]?.id ?? '', 'wire 1');
  expect(paid.status).toBe('paid');
});
