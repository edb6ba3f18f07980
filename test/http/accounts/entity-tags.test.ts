import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/boon-client.ts';
import { later, START } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const ADA = '/v1/accounts/ada';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await server.send('PUT', ADA, {
    body: { plan: 'plus', email: 'ada@example.com', fingerprints: ['device:1'] },
  });
});
afterAll(() => server.close());

const tagOf = async () => `${(await server.send('GET', ADA)).headers.get('etag')}`;
const change = (ifMatch: string, body: object = { name: 'Ada' }, method = 'PATCH', path = ADA) =>
  server.send(method, path, { body, headers: { 'if-match': ifMatch } });

test('an account has a strong tag, the same in every answer until something changes', async () => {
  const before = await tagOf();
  expect(before).toMatch(/^"[0-9a-f]{32}"$/);
  expect(await tagOf()).toBe(before);
  const same = await server.send('PUT', ADA, { body: { plan: 'plus', email: 'ada@example.com' } });
  expect(same.headers.get('etag'), 'nothing has changed').toBe(before);
  const named = await server.send('PATCH', ADA, { body: { name: 'Ada L.' } });
  expect(named.headers.get('etag')).not.toBe(before);
  expect(await tagOf()).toBe(named.headers.get('etag'));
  const changes: object[] = [
    { email: 'countess@example.com' },
    { fingerprints: ['device:2'] },
    { billing_day: 7 },
    { status: 'frozen' },
    { status: 'active' },
  ];
  const seen = [before];
  for (const body of changes) seen.push(`${(await server.send('PATCH', ADA, { body })).headers.get('etag')}`);
  for (const [index, body] of changes.entries())
    expect(seen[index + 1], JSON.stringify(body)).not.toBe(seen[index]);
});

test('a change that rests on what was read is made once, and refused when it is another by then', async () => {
  const tag = await tagOf();
  expect((await change(tag, { name: 'First' })).status).toBe(200);
  for (const method of ['PATCH', 'PUT']) {
    const late = await change(tag, { plan: 'pro', name: 'Second' }, method);
    expect([late.status, late.json.code], late.text).toEqual([412, 'precondition_failed']);
  }
  expect((await server.send('GET', ADA)).json).toMatchObject({ name: 'First', plan: 'plus' });
});

test('of many who change at once what they have read, one gets through', async () => {
  const tag = await tagOf();
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) => change(tag, { name: `Number ${n}` })),
  );
  expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 412)).toHaveLength(11);
});

test('several tags may be given, `*` is any, a weak one fits nothing, and what is none is 400', async () => {
  expect((await change(`"other", ${await tagOf()}`)).status).toBe(200);
  expect((await change('*')).status).toBe(200);
  expect((await change(`W/${await tagOf()}`)).status).toBe(412);
  for (const text of ['other', '"open', '*, "a"'])
    expect((await change(text)).json, text).toMatchObject({
      code: 'validation_failed',
      errors: [{ path: 'If-Match' }],
    });
});

test('an account that is not there has no tag: PUT makes none, and PATCH is 404', async () => {
  for (const ifMatch of ['*', '"x"']) {
    expect((await change(ifMatch, { plan: 'plus' }, 'PUT', '/v1/accounts/nobody')).status).toBe(412);
    expect((await change(ifMatch, {}, 'PATCH', '/v1/accounts/nobody')).status).toBe(404);
  }
  expect((await server.send('GET', '/v1/accounts/nobody')).status).toBe(404);
  expect((await server.send('GET', '/v1/accounts/nobody/balance')).status).toBe(404);
});

test('the tag goes with the month that is shown', async () => {
  const tag = await tagOf();
  server.time.now = new Date(later(START, { days: 40 }));
  expect(await tagOf()).not.toBe(tag);
  server.time.now = new Date(START);
  expect(await tagOf()).toBe(tag);
});

test('the client reads an account with its tag, and gives it back', async () => {
  const boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const { value, etag } = await boon.accounts.getTagged('ada');
  expect(value.id).toBe('ada');
  await boon.accounts.change('ada', { name: 'By the client' }, { ifMatch: etag });
  await expect(boon.accounts.put('ada', { plan: 'pro' }, { ifMatch: etag })).rejects.toMatchObject({
    code: 'precondition_failed',
    status: 412,
  });
});
