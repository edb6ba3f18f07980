import { afterAll, beforeAll, expect, test } from 'vitest';
import { unsignedToken } from '../../src/testing/unsigned-token.ts';
import { BILLED, seedInvoiced } from '../support/billing.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { charge } from '../support/usage.ts';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await openTestServer({ policy: BILLED, jwt: { trustUnsigned: true } });
  await seedInvoiced(server.ledger, 'acme', ['sue', '=tom']);
  await charge(server.ledger, 'sue', { units: '2.5' });
  await charge(server.ledger, 'sue', { units: '3', model: 'a,"b"' }).catch(() => undefined);
  await charge(server.ledger, '=tom', { units: '1' }).catch(() => undefined);
  const month = { account_id: 'acme', month: '2026-03-01' };
  id = (await server.ledger.closeBillingMonth(month, '2026-04-01T00:00:00.000Z')).id;
});
afterAll(() => server.close());

test('a use that is invoiced says so', async () => {
  const put = { plan: 'business', kind: 'organisation', billing: 'invoice', invoice_ceiling: '10' };
  expect((await server.send('PUT', '/v1/accounts/globex', { body: put })).json).toMatchObject({
    billing: 'invoice',
    invoice_ceiling: '10',
  });
  await server.send('PUT', '/v1/accounts/gil', { body: { plan: 'business', org_id: 'globex' } });
  const use = { account_id: 'gil', product: 'codex', units: '4', id: 'gil-1' };
  expect(await server.send('POST', '/v1/usage', { body: use })).toMatchObject({
    status: 200,
    json: { charged: { plan: '0', credits: '0', invoiced: '4' } },
  });
  const refused = await server.send('POST', '/v1/usage', { body: { ...use, id: 'gil-2', units: '7' } });
  expect(refused).toMatchObject({
    status: 429,
    json: { code: 'limit_reached', reason_code: 'invoice_ceiling' },
  });
});

test('invoices are listed, and shown with lines that add up', async () => {
  const { json } = await server.send('GET', '/v1/accounts/acme/invoices');
  expect(json).toMatchObject({ data: [{ id, month: '2026-03-01', status: 'open' }], next_cursor: null });
  const shown = (await server.send('GET', `/v1/invoices/${id}`)).json as {
    total: { amount: number };
    lines: { amount: number }[];
  };
  expect(shown.lines.reduce((sum, { amount }) => sum + amount, 0)).toBe(shown.total.amount);
  expect((await server.send('GET', '/v1/accounts/nobody/invoices')).status).toBe(404);
  expect((await server.send('GET', '/v1/invoices/inv_none')).status).toBe(404);
});

test('the lines come as CSV, which a spreadsheet takes for text', async () => {
  const answer = await fetch(`${server.baseUrl}/v1/invoices/${id}?format=csv`, {
    headers: { authorization: `Bearer ${server.apiKey}` },
  });
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  const [heading, ...rows] = (await answer.text()).split('\r\n');
  expect(heading).toBe('member_id,product,model,uses,units,credits,amount,currency');
  expect(rows).toContain('sue,codex,,1,2.5,2.5,10,usd');
});

test('only its organisation and services see an invoice, and only services mark it paid', async () => {
  const as = (who: string) => ({ as: unsignedToken(who, server.time.now) });
  expect((await server.send('GET', `/v1/invoices/${id}`, as('acme'))).status).toBe(200);
  expect((await server.send('GET', `/v1/invoices/${id}`, as('sue'))).status).toBe(404);
  expect((await server.send('GET', '/v1/accounts/acme/invoices', as('sue'))).status).toBe(404);
  const body = { reference: 'wire 1' };
  expect((await server.send('POST', `/v1/invoices/${id}/mark-paid`, { ...as('acme'), body })).status).toBe(
    403,
  );
});

test('an operator marks it paid, once under one key', async () => {
  const sent = { body: { reference: 'wire 1' }, key: 'pay-1' };
  const first = await server.send('POST', `/v1/invoices/${id}/mark-paid`, sent);
  expect(first).toMatchObject({ status: 200, json: { status: 'paid' } });
  const again = await server.send('POST', `/v1/invoices/${id}/mark-paid`, sent);
  expect(again.json).toEqual(first.json);
  const other = await server.send('POST', `/v1/invoices/${id}/mark-paid`, {
    ...sent,
    body: { reference: 'x' },
  });
  expect(other).toMatchObject({ status: 422 });
});
