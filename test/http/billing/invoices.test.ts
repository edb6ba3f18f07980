import { afterAll, beforeAll, expect, test } from 'vitest';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { BILLED, seedInvoiced } from '../../support/billing.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';
import { charge } from '../../support/usage.ts';
import { usd } from '../../support/usd.ts';

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

test('an invoice of four billion dollars, of three of the largest uses, is shown, listed and credited', async () => {
  await seedInvoiced(server.ledger, 'rich', ['croesus']);
  for (const n of [1, 2, 3]) {
    const use = { account_id: 'croesus', product: 'codex', units: '1000000000', id: `large-${n}` };
    expect((await server.send('POST', '/v1/usage', { body: use })).status).toBe(200);
  }
  const total = { amount: 12_000_000_000, currency: 'usd' };
  const pool = await server.send('GET', '/v1/accounts/rich/pool');
  expect(pool).toMatchObject({ status: 200, json: { invoice: { charged: '3000000000', total } } });
  const month = { account_id: 'rich', month: '2026-03-01' };
  const closed = await server.ledger.closeBillingMonth(month, '2026-04-01T00:00:00.000Z');
  const shown = await server.send('GET', `/v1/invoices/${closed.id}`);
  expect(shown).toMatchObject({
    status: 200,
    json: { credits: '3000000000', total, lines: [{ uses: 3, units: '3000000000', amount: total }] },
  });
  expect((await server.send('GET', '/v1/accounts/rich/invoices')).json).toMatchObject({ data: [{ total }] });
  const note = { amount: usd(total.amount - 1), reason: 'goodwill' };
  const credited = await server.send('POST', `/v1/invoices/${closed.id}/credit-notes`, { body: note });
  expect(credited).toMatchObject({ status: 201, json: { total: { amount: total.amount - 1 } } });
  const corrected = await server.send('GET', `/v1/invoices/${closed.id}`);
  expect(corrected).toMatchObject({
    status: 200,
    json: { open: { amount: 1 }, credited: { amount: total.amount - 1 }, corrections: [{ kind: 'credit' }] },
  });
});

test('invoices are listed, and shown with lines that add up', async () => {
  const { json } = await server.send('GET', '/v1/accounts/acme/invoices');
  const month = { starts_at: '2026-03-01T00:00:00.000Z', ends_at: '2026-04-01T00:00:00.000Z' };
  expect(json).toMatchObject({ data: [{ id, month, status: 'open' }], next_cursor: null });
  const shown = (await server.send('GET', `/v1/invoices/${id}`)).json as {
    total: { amount: number };
    lines: { amount: { amount: number } }[];
  };
  expect(shown.lines.reduce((sum, { amount }) => sum + amount.amount, 0)).toBe(shown.total.amount);
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

/** The invoice of another month of `acme`. */
async function another(month: string, end: string): Promise<string> {
  await charge(server.ledger, 'sue', { units: '50', at: `${month}T10:00:00.000Z` });
  const closed = await server.ledger.closeBillingMonth({ account_id: 'acme', month }, `${end}T00:00:00.000Z`);
  return closed.id;
}

test('an operator credits a part of an invoice, once under one key, and voids the rest', async () => {
  const other = await another('2026-04-01', '2026-05-01');
  const sent = { body: { amount: usd(50), reason: 'ticket 1' }, key: 'credit-1' };
  const first = await server.send('POST', `/v1/invoices/${other}/credit-notes`, sent);
  expect(first).toMatchObject({
    status: 201,
    json: { kind: 'credit', invoice_id: other, credits: '12.5', total: { amount: 50, currency: 'usd' } },
  });
  const again = await server.send('POST', `/v1/invoices/${other}/credit-notes`, sent);
  expect([again.status, again.json]).toEqual([201, first.json]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const shown = await server.send('GET', `/v1/invoices/${other}`);
  expect(shown.json).toMatchObject({
    credited: { amount: 50 },
    open: { amount: 150 },
    corrections: [first.json],
  });
  const tooMuch = { body: { amount: usd(151), reason: 'ticket 2' } };
  expect(await server.send('POST', `/v1/invoices/${other}/credit-notes`, tooMuch)).toMatchObject({
    status: 409,
    json: { code: 'over_open_amount' },
  });
  const reason = { body: { reason: 'ticket 3' } };
  expect(await server.send('POST', `/v1/invoices/${other}/void`, reason)).toMatchObject({
    status: 200,
    json: { id: other, status: 'void', credited: { amount: 50 }, open: { amount: 0 } },
  });
  expect(await server.send('POST', `/v1/invoices/${other}/void`, reason)).toMatchObject({
    status: 409,
    json: { code: 'invoice_closed', reason_code: 'void' },
  });
  const paying = { body: { reference: 'wire 2' } };
  expect(await server.send('POST', `/v1/invoices/${other}/mark-paid`, paying)).toMatchObject({
    status: 409,
    json: { code: 'invoice_closed', reason_code: 'void' },
  });
});

test.each([
  ['no amount', { reason: 'x' }],
  ['nothing', { amount: usd(0), reason: 'x' }],
  ['half a coin', { amount: usd(0.5), reason: 'x' }],
  ['credits instead of coins', { amount: '5', reason: 'x' }],
  ['no reason', { amount: usd(5) }],
])('a credit note with %s is not valid', async (_what, body) => {
  expect(await server.send('POST', `/v1/invoices/${id}/credit-notes`, { body })).toMatchObject({
    status: 400,
    json: { code: 'validation_failed' },
  });
});

test('only services with that scope correct invoices, and only with a key', async () => {
  const as = { as: unsignedToken('acme', server.time.now) };
  for (const [action, body] of [
    ['void', { reason: 'x' }],
    ['credit-notes', { amount: usd(5), reason: 'x' }],
  ] as const) {
    const path = `/v1/invoices/${id}/${action}`;
    expect((await server.send('POST', path, { ...as, body })).status).toBe(403);
    expect((await server.send('POST', path, { body, key: null })).json).toMatchObject({
      code: 'idempotency_key_required',
    });
    const none = await server.send('POST', `/v1/invoices/inv_none/${action}`, { body });
    expect(none.json).toMatchObject({ code: 'not_found' });
  }
});

test('the running month of an organisation is visible: what is charged, the ceiling, the end, and by whom', async () => {
  const put = {
    plan: 'business',
    kind: 'organisation',
    billing: 'invoice',
    invoice_ceiling: '40',
    billing_day: 5,
  };
  await server.send('PUT', '/v1/accounts/umbrella', { body: put });
  for (const member of ['uta', 'ulf', 'una'])
    await server.send('PUT', `/v1/accounts/${member}`, { body: { plan: 'business', org_id: 'umbrella' } });
  const before = await server.send('GET', '/v1/accounts/umbrella/pool');
  const month = { starts_at: '2026-03-05T00:00:00.000Z', ends_at: '2026-04-05T00:00:00.000Z' };
  expect(before.json).toMatchObject({
    billing: 'invoice',
    invoice: { month, charged: '0', ceiling: '40', total: { amount: 0, currency: 'usd' } },
    members: [],
  });
  const grant = { account_id: 'umbrella', amount: '6', source: 'purchased', reason: 'pool' };
  await server.send('POST', '/v1/credits/grants', { body: grant });
  const use = (account_id: string, units: string) =>
    server.send('POST', '/v1/usage', {
      body: { account_id, product: 'codex', units, id: `${account_id}-1` },
    });
  await use('uta', '4');
  await use('ulf', '7.5');
  const { json } = await server.send('GET', '/v1/accounts/umbrella/pool');
  expect(json).toMatchObject({
    available: '0',
    spent: '6',
    month,
    invoice: { month, charged: '5.5', ceiling: '40', total: { amount: 22, currency: 'usd' } },
    members: [
      { account_id: 'ulf', spent: '2', invoiced: '5.5', limit: null },
      { account_id: 'uta', spent: '4', invoiced: '0', limit: null },
    ],
  });
});

test('an organisation that is not invoiced has no invoice in its view; one that was this month has', async () => {
  const put = (billing: string) => ({ body: { plan: 'business', kind: 'organisation', billing } });
  await server.send('PUT', '/v1/accounts/wayne', put('pool'));
  await server.send('PUT', '/v1/accounts/wim', { body: { plan: 'business', org_id: 'wayne' } });
  const view = async () => (await server.send('GET', '/v1/accounts/wayne/pool')).json;
  expect(await view()).toMatchObject({ billing: 'pool', invoice: null });
  await server.send('PUT', '/v1/accounts/wayne', put('invoice'));
  const use = { account_id: 'wim', product: 'codex', units: '3', id: 'wim-1' };
  await server.send('POST', '/v1/usage', { body: use });
  await server.send('PUT', '/v1/accounts/wayne', put('pool'));
  expect(await view()).toMatchObject({ billing: 'pool', invoice: { charged: '3', ceiling: null } });
});

test('limits show what pays beyond the plan, and a use does exactly that', async () => {
  const org = (more: object) => ({
    body: { plan: 'business', kind: 'organisation', billing: 'invoice', ...more },
  });
  await server.send('PUT', '/v1/accounts/hooli', org({ invoice_ceiling: '10' }));
  await server.send('PUT', '/v1/accounts/hal', {
    body: { plan: 'business', org_id: 'hooli', pool_limit: '8' },
  });
  await server.send('PUT', '/v1/accounts/hod', { body: { plan: 'business', org_id: 'hooli' } });
  const beyond = async (who: string) => {
    const { json } = await server.send('GET', `/v1/accounts/${who}/limits`);
    return (json.beyond_plan as { product: string }[]).find(({ product }) => product === 'codex');
  };
  const use = (account_id: string, units: string) =>
    server.send('POST', '/v1/usage', {
      body: { account_id, product: 'codex', units, id: crypto.randomUUID() },
    });
  expect(await beyond('hal')).toEqual({ product: 'codex', allowed: true, reason_code: null, up_to: '8' });
  expect((await use('hal', '8.000001')).json).toMatchObject({ reason_code: 'member_limit' });
  expect((await use('hal', '8')).status).toBe(200);
  expect(await beyond('hal')).toMatchObject({ allowed: false, reason_code: 'member_limit', up_to: '0' });
  expect(await beyond('hod')).toMatchObject({ allowed: true, up_to: '2' });
  expect((await use('hod', '2')).status).toBe(200);
  expect(await beyond('hod')).toMatchObject({ allowed: false, reason_code: 'invoice_ceiling' });
  expect((await use('hod', '0.1')).json).toMatchObject({ reason_code: 'invoice_ceiling' });
  await server.send('PUT', '/v1/accounts/hooli', org({ invoice_ceiling: null }));
  expect(await beyond('hod')).toMatchObject({ allowed: true, reason_code: null, up_to: null });
});
