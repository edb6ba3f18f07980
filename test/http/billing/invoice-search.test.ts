import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/boon-client.ts';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';
import { charge } from '../../support/usage.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ policy: BILLED, jwt: { trustUnsigned: true } });
  for (const [org, member, at] of [
    ['acme', 'sue', '2026-03-11T00:00:00.000Z'],
    ['zeta', 'zoe', '2026-03-12T00:00:00.000Z'],
    ['acme', 'sue', '2026-04-11T00:00:00.000Z'],
  ] as const) {
    if (at < '2026-04') await seedInvoiced(server.ledger, org, [member]);
    await charge(server.ledger, member, { units: '1', at });
  }
  for (const [account_id, month, at] of [
    ['acme', '2026-03-01', '2026-04-01T00:00:00.000Z'],
    ['zeta', '2026-03-01', '2026-04-01T00:00:00.000Z'],
    ['acme', '2026-04-01', '2026-05-01T00:00:00.000Z'],
  ] as const)
    await server.ledger.closeBillingMonth({ account_id, month }, at);
});
afterAll(() => server.close());

const found = async (query: string) =>
  ((await server.send('GET', `/v1/invoices${query}`)).json.data as { account_id: string; id: string }[]).map(
    ({ account_id }) => account_id,
  );

test('the invoices of all organisations are listed by status and month, the latest month first', async () => {
  expect(await found('')).toEqual(['acme', 'acme', 'zeta']);
  expect(await found('?month=2026-03')).toEqual(['acme', 'zeta']);
  expect(await found('?month=2026-04')).toEqual(['acme']);
  expect(await found('?month=2026-02')).toEqual([]);
  const [april] = (await server.send('GET', '/v1/invoices?limit=1')).json.data as { id: string }[];
  await server.send('POST', `/v1/invoices/${april?.id}/mark-paid`, { body: { reference: 'transfer 7' } });
  expect(await found('?status=paid')).toEqual(['acme']);
  expect(await found('?status=open&month=2026-03')).toEqual(['acme', 'zeta']);
  expect(await found('?status=paid&month=2026-03')).toEqual([]);
});

test('the client walks them, page by page', async () => {
  const boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const walked: string[] = [];
  for await (const { account_id } of boon.invoices.searchAll({ limit: 1 })) walked.push(account_id);
  expect(walked).toEqual(['acme', 'acme', 'zeta']);
});

test('what is no month is refused, and an end user may not', async () => {
  expect((await server.send('GET', '/v1/invoices?month=2026-13')).status).toBe(400);
  const as = unsignedToken('acme', server.time.now);
  expect((await server.send('GET', '/v1/invoices', { as })).status).toBe(403);
});
