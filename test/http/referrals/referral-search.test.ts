import { afterAll, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../../src/client/boon-client.ts';
import { unsignedToken } from '../../../src/testing/unsigned-token.ts';
import { OPEN_PROGRAMS } from '../../support/referral-rig.ts';
import { actOn, invite } from '../../support/referrals.ts';
import { later, START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

let server: TestServer;
/** In the order of the invitations. */
let ids: string[];
beforeAll(async () => {
  server = await openTestServer({ policy: OPEN_PROGRAMS, jwt: { trustUnsigned: true } });
  const { ledger } = server;
  for (const id of ['ada', 'bob']) await seedAccount(ledger, id, { put: { name: id.toUpperCase() } });
  const at = (minutes: number) => later(START, { minutes });
  const sent = [
    await invite(ledger, 'ada', { at: at(0) }),
    await invite(ledger, 'bob', { at: at(1) }),
    await invite(ledger, 'ada', { at: at(2) }),
  ];
  ids = sent.map(({ id }) => id);
  if (sent[1] !== undefined) await actOn(ledger, sent[1], 'cancel', at(3));
  server.time.now = new Date(at(3));
});
afterAll(() => server.close());

const list = async (query: string) => (await server.send('GET', `/v1/referrals${query}`)).json;
const found = async (query: string) => ((await list(query)).data as { id: string }[]).map(({ id }) => id);

test('the invitations of all accounts are listed, the latest first, as a service sees them', async () => {
  const { data } = await list('');
  expect((data as { id: string }[]).map(({ id }) => id)).toEqual([...ids].reverse());
  expect(data).toMatchObject([
    { referrer_name: 'ADA', link: expect.any(String) },
    { referrer_name: 'BOB' },
    {},
  ]);
});

test('they are found by program, status and referrer, together too, page by page', async () => {
  const [first, second, third] = ids;
  expect(await found('?status=canceled')).toEqual([second]);
  expect(await found('?referrer_id=ada')).toEqual([third, first]);
  expect(await found('?program=codex-selective&status=invited')).toEqual([third, first]);
  expect(await found('?program=another')).toEqual([]);
  expect(await found('?status=invited&referrer_id=bob')).toEqual([]);
  const page = await list('?program=codex-selective&limit=2');
  expect(await found(`?program=codex-selective&limit=2&cursor=${page.next_cursor}`)).toEqual([first]);
});

test('an invitation that ran out is not found among those that wait', async () => {
  const { now } = server.time;
  server.time.now = new Date(later(START, { days: 400 }));
  expect(await found('?status=invited')).toEqual([]);
  server.time.now = now;
});

test('a referrer who is not there is 404, a status that is none 400, and end users may not', async () => {
  expect((await server.send('GET', '/v1/referrals?referrer_id=nobody')).status).toBe(404);
  expect((await server.send('GET', '/v1/referrals?status=lost')).status).toBe(400);
  const as = unsignedToken('ada', server.time.now);
  expect((await server.send('GET', '/v1/referrals', { as })).status).toBe(403);
});

test('the client walks them', async () => {
  const boon = new BoonClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  const walked = [];
  for await (const { id } of boon.referrals.searchAll({ status: 'invited', limit: 1 })) walked.push(id);
  expect(walked).toEqual([ids[2], ids[0]]);
});
