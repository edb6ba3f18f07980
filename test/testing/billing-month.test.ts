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
    {
      month: { starts_at: '2028-01-31T00:00:00.000Z', ends_at: '2028-02-29T00:00:00.000Z' },
      credits: '15',
      notice: 'sent',
    },
  ]);
  expect(boon.mails.filter(({ to }) => to === 'books@acme.example')).toHaveLength(1);
  const paid = await boon.client.invoices.markPaid(data[0]?.id ?? '', 'wire 1');
  expect(paid.status).toBe('paid');
});

test('an organisation that moves its billing day is invoiced at the end of the running month, and then of one that ends on the new day', async () => {
  const acme = { kind: 'organisation', plan: 'business', billing: 'invoice' } as const;
  boon = await startBoon({
    accounts: { sue: { plan: 'business', org_id: 'acme' }, acme: { ...acme, billing_day: 1 } },
    startAt: '2028-03-10T08:00:00Z',
    policy: { plans: { business: { five_hour: '10', weekly: '10' } } },
  });
  await boon.use('sue', '11');
  const months = async () =>
    (await boon?.client.invoices.list('acme'))?.data.map(
      ({ month }) => `${month.starts_at} ${month.ends_at}`,
    );
  await boon.client.accounts.put('acme', { ...acme, billing_day: 11 });
  await boon.advanceTo('2028-03-31T23:59:59.999Z');
  expect(await months()).toEqual([]);
  await boon.advanceTo('2028-04-01T00:00:00Z');
  const march = '2028-03-01T00:00:00.000Z 2028-04-01T00:00:00.000Z';
  expect(await months()).toEqual([march]);
  await boon.use('sue', '22');
  await boon.advanceTo('2028-05-10T23:59:59.999Z');
  expect(await months()).toEqual([march]);
  await boon.advanceTo('2028-05-11T00:00:00Z');
  expect(await months()).toEqual(['2028-04-01T00:00:00.000Z 2028-05-11T00:00:00.000Z', march]);
});
