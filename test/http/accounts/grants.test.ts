import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/boon-client.ts';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const GRANTS = '/v1/credits/grants';

let server: TestServer;
let ids: string[];
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
  for (const id of ['ada', 'bob']) await seedAccount(server.ledger, id);
  ids = [];
  for (const source of ['purchased', 'promotional', 'purchased']) ids.push(await grant('ada', source));
  await grant('bob', 'earned');
});
afterAll(() => server.close());

async function grant(account_id: string, source: string): Promise<string> {
  const body = { account_id, amount: '5', source, reason: `a ${source} grant` };
  const answer = await server.send('POST', GRANTS, { body });
  return String(answer.json.id);
}

const idsOf = (json: Record<string, unknown>) => (json.data as { id: string }[]).map(({ id }) => id);

test('an account’s grants are listed page by page, the latest first, with what is left and why', async () => {
  const first = await server.send('GET', `${GRANTS}?account_id=ada&limit=2`);
  const second = await server.send(
    'GET',
    `${GRANTS}?account_id=ada&limit=2&cursor=${first.json.next_cursor}`,
  );
  expect([...idsOf(first.json), ...idsOf(second.json)]).toEqual([...ids].reverse());
  expect(second.json.next_cursor).toBeNull();
  expect((second.json.data as object[])[0]).toMatchObject({
    id: ids[0],
    account_id: 'ada',
    source: 'purchased',
    granted: '5',
    remaining: '5',
    reason: 'a purchased grant',
  });
});

test('grants are listed by their source', async () => {
  const { json } = await server.send('GET', `${GRANTS}?account_id=ada&source=promotional`);
  expect(idsOf(json)).toEqual([ids[1]]);
});

test('a grant is answered and shown in the same words', async () => {
  const body = { account_id: 'bob', amount: '3', source: 'promotional', reason: 'sorry' };
  const made = await server.send('POST', GRANTS, { body });
  expect((await server.send('GET', `${GRANTS}/${made.json.id}`)).json).toEqual(made.json);
});

test('no account, no grant, and no lot that a gift made are 404; no account is named is 400', async () => {
  expect((await server.send('GET', `${GRANTS}?account_id=nobody`)).status).toBe(404);
  expect((await server.send('GET', `${GRANTS}?account_id=boon:promotional`)).status).toBe(200);
  expect((await server.send('GET', GRANTS)).json.errors).toEqual([
    { path: 'account_id', message: 'is required' },
  ]);
  await server.send('POST', '/v1/transfers', {
    body: { from: 'ada', to: { account_id: 'bob' }, amount: '1' },
  });
  const { lots } = await server.ledger.balance('bob', START);
  for (const id of [
    'lot_999999',
    '999999',
    ...lots.filter(({ source }) => source === 'gifted').map((lot) => lot.id),
  ])
    expect((await server.send('GET', `${GRANTS}/${id}`)).status, id).toBe(404);
});

test('an end user sees their own grants and nobody else’s', async () => {
  const as = unsignedToken('bob', server.time.now);
  expect((await server.send('GET', `${GRANTS}?account_id=bob`, { as })).status).toBe(200);
  expect((await server.send('GET', `${GRANTS}?account_id=ada`, { as })).status).toBe(404);
  const others = await server.send('GET', `${GRANTS}/${ids[0]}`, { as });
  const none = await server.send('GET', `${GRANTS}/lot_999999`, { as });
  const number = `${ids[0]}`.slice('lot_'.length);
  expect([others.status, `${others.json.detail}`.replace(number, '999999')]).toEqual([404, none.json.detail]);
});

test('the client lists and gets them', async () => {
  const boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const found = [];
  for await (const { id } of boon.grants.listAll({ account_id: 'ada', limit: 1 })) found.push(id);
  expect(found).toEqual([...ids].reverse());
  expect((await boon.grants.get(`${ids[0]}`)).reason).toBe('a purchased grant');
});
