import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'acme', { put: { kind: 'organisation', plan: 'business' } });
  await seedAccount(server.ledger, 'ann', { put: { plan: 'plus', cohorts: ['early', 'loud'] } });
  await seedAccount(server.ledger, 'bob', { put: { plan: 'plus', status: 'frozen' } });
  await seedAccount(server.ledger, 'cat', { put: { plan: 'pro', org_id: 'acme', cohorts: ['early'] } });
  await seedAccount(server.ledger, 'Zoe', { put: { plan: 'free' } });
});
afterAll(() => server.close());

type Listed = { data: { id: string }[]; next_cursor: string | null };

async function list(query: string): Promise<Listed> {
  return (await server.send('GET', `/v1/accounts${query}`)).json as unknown as Listed;
}

const ids = async (query: string) => (await list(query)).data.map(({ id }) => id);

test('accounts are listed by their ids, each as it is shown by itself', async () => {
  const { data, next_cursor } = await list('');
  expect([data.map(({ id }) => id), next_cursor]).toEqual([['Zoe', 'acme', 'ann', 'bob', 'cat'], null]);
  expect(data[2]).toEqual((await server.send('GET', '/v1/accounts/ann')).json);
});

test.each([
  ['?plan=plus', ['ann', 'bob']],
  ['?status=frozen', ['bob']],
  ['?kind=organisation', ['acme']],
  ['?cohort=early', ['ann', 'cat']],
  ['?org_id=acme', ['cat']],
  ['?plan=plus&status=active&cohort=loud', ['ann']],
  ['?plan=go', []],
])('%s lists %j', async (query, expected) => {
  expect(await ids(query)).toEqual(expected);
});

test('pages hold each account once, and the last has no cursor', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Listed = await list(`?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...page.data.map(({ id }) => id));
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(['Zoe', 'acme', 'ann', 'bob', 'cat']);
});

test.each(['?plan=gold', '?state=frozen', '?cursor=bm9wZQ', '?limit=0'])('%s is refused', async (query) => {
  expect(await server.send('GET', `/v1/accounts${query}`)).toMatchObject({ status: 400 });
});
