import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type Sent, type TestServer } from '../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const good = { from: 'ada', to: { account_id: 'ben' }, amount: '1' };

let server: TestServer;
let before: unknown;
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'ada', { credits: '100' });
  await seedAccount(server.ledger, 'ben');
  await seedAccount(server.ledger, 'new', { credits: '100', put: { identity_verified_at: null } });
  await seedAccount(server.ledger, 'icy', { credits: '100', put: { status: 'frozen' } });
});
afterAll(() => server.close());

// Whatever is wrong with a request, nothing may have changed.
beforeEach(async () => {
  before = await state();
});
afterEach(async () => {
  expect(await state()).toEqual(before);
});

async function state(): Promise<unknown> {
  const [transfers] = await server.sql('SELECT count(*) FROM boon.transfers');
  const [gifts] = await server.sql('SELECT count(*) FROM boon.gifts');
  const balances = await Promise.all(
    ['ada', 'ben', 'new', 'icy'].map((id) => server.send('GET', `/v1/accounts/${id}/balance`)),
  );
  return { transfers, gifts, balances: balances.map((answer) => answer.text) };
}

/** A request that is refused: status, code and, for bad fields, their paths. */
type Case = { name: string; sent: Sent; path?: string; status: number; code: string; fields?: string[] };

const amounts: [string, unknown][] = [
  ['negative', '-1'],
  ['zero', '0'],
  ['with seven decimals', '1.0000001'],
  ['of 10^30', `1${'0'.repeat(30)}`],
  ['just above the most', '1000000000.000001'],
  ['with an exponent', '1e3'],
  ['with a leading zero', '01'],
  ['with a trailing zero', '1.50'],
  ['with a plus sign', '+1'],
  ['with a space', ' 1'],
  ['in Arabic digits', '١'],
  ['that is empty', ''],
  ['that is a number', 1],
  ['that is a very large number', 1e30],
  ['that is null', null],
  ['that is a list', ['1']],
];

const cases: Case[] = [
  ...amounts.map(([name, amount]) => ({
    name: `an amount ${name}`,
    sent: { body: { ...good, amount } },
    status: 400,
    code: 'validation_failed',
    fields: ['amount'],
  })),
  {
    name: 'a field that does not exist',
    sent: { body: { ...good, ammount: '1' } },
    status: 400,
    code: 'validation_failed',
    fields: ['ammount'],
  },
  {
    name: 'an inner field that does not exist',
    sent: { body: { ...good, to: { account_id: 'ben', x: 1 } } },
    status: 400,
    code: 'validation_failed',
    fields: ['to.x'],
  },
  {
    name: 'two recipients',
    sent: { body: { ...good, to: { account_id: 'ben', email: 'a@b.co' } } },
    status: 400,
    code: 'validation_failed',
  },
  { name: 'no recipient', sent: { body: { ...good, to: {} } }, status: 400, code: 'validation_failed' },
  {
    name: 'something that is no e-mail address',
    sent: { body: { ...good, to: { email: 'grace' } } },
    status: 400,
    code: 'validation_failed',
    fields: ['to.email'],
  },
  {
    name: 'a missing field',
    sent: { body: { from: 'ada', amount: '1' } },
    status: 400,
    code: 'validation_failed',
    fields: ['to'],
  },
  {
    name: 'an unknown way of funding',
    sent: { body: { ...good, funding: 'magic' } },
    status: 400,
    code: 'validation_failed',
    fields: ['funding'],
  },
  { name: 'a list instead of an object', sent: { body: [good] }, status: 400, code: 'validation_failed' },
  { name: 'null', sent: { body: null }, status: 400, code: 'validation_failed' },
  { name: 'no body', sent: {}, status: 400, code: 'validation_failed' },
  {
    name: 'an account id with a space',
    sent: { body: { ...good, from: 'a da' } },
    status: 400,
    code: 'validation_failed',
    fields: ['from'],
  },
  {
    name: 'an account id with a slash',
    sent: { body: { ...good, from: '../ada' } },
    status: 400,
    code: 'validation_failed',
    fields: ['from'],
  },
  {
    name: 'an account of Boon’s own',
    sent: { body: { ...good, from: 'boon:promotional' } },
    status: 400,
    code: 'validation_failed',
    fields: ['from'],
  },
  {
    name: 'a NUL character',
    sent: { rawBody: JSON.stringify({ ...good, message: 'a\0b' }) },
    status: 400,
    code: 'validation_failed',
    fields: ['message'],
  },
  {
    name: 'half a surrogate pair',
    sent: { rawBody: '{"from":"ada","to":{"account_id":"ben"},"amount":"1","message":"\\ud800"}' },
    status: 400,
    code: 'validation_failed',
    fields: ['message'],
  },
  {
    name: 'a name with a NUL character',
    sent: { rawBody: '{"a\\u0000":1}' },
    status: 400,
    code: 'validation_failed',
  },
  {
    name: 'a message of white space',
    sent: { body: { ...good, message: ' \n ' } },
    status: 400,
    code: 'validation_failed',
    fields: ['message'],
  },
  {
    name: 'a message that is too long',
    sent: { body: { ...good, message: 'x'.repeat(281) } },
    status: 400,
    code: 'validation_failed',
    fields: ['message'],
  },
  { name: 'JSON that ends early', sent: { rawBody: '{"from":' }, status: 400, code: 'validation_failed' },
  {
    name: 'bytes that are not UTF-8',
    sent: { rawBody: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) },
    status: 400,
    code: 'validation_failed',
  },
  {
    name: 'a __proto__ field',
    sent: { rawBody: '{"__proto__":{"amount":"1"}}' },
    status: 400,
    code: 'validation_failed',
  },
  {
    name: 'a body of 65 KiB',
    sent: { body: { ...good, message: 'x'.repeat(65 * 1024) } },
    status: 413,
    code: 'payload_too_large',
  },
  {
    name: 'a body that is not JSON by its type',
    sent: { rawBody: 'from=ada', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    name: 'plain text',
    sent: { rawBody: JSON.stringify(good), headers: { 'content-type': 'text/plain' } },
    status: 415,
    code: 'unsupported_media_type',
  },
  {
    name: 'no Idempotency-Key',
    sent: { body: good, key: null },
    status: 400,
    code: 'idempotency_key_required',
  },
  {
    name: 'an Idempotency-Key of 256 characters',
    sent: { body: good, key: 'k'.repeat(256) },
    status: 400,
    code: 'validation_failed',
    fields: ['Idempotency-Key'],
  },
  {
    name: 'an Idempotency-Key with a letter beyond ASCII',
    sent: { body: good, key: 'clé' },
    status: 400,
    code: 'validation_failed',
    fields: ['Idempotency-Key'],
  },
  {
    name: 'a query parameter that does not exist',
    path: `${TRANSFER}?dry_run=true`,
    sent: { body: good },
    status: 400,
    code: 'validation_failed',
    fields: ['dry_run'],
  },
  { name: 'an unknown sender', sent: { body: { ...good, from: 'nobody' } }, status: 404, code: 'not_found' },
  {
    name: 'an unknown recipient',
    sent: { body: { ...good, to: { account_id: 'nobody' } } },
    status: 409,
    code: 'recipient_ineligible',
  },
  {
    name: 'a gift to oneself',
    sent: { body: { ...good, to: { account_id: 'ada' } } },
    status: 409,
    code: 'self_gift',
  },
  {
    name: 'more than there is',
    sent: { body: { ...good, amount: '100.000001' } },
    status: 409,
    code: 'insufficient_credits',
  },
  {
    name: 'more than one gift may be',
    sent: { body: { ...good, amount: '1001' } },
    status: 409,
    code: 'gift_limit_exceeded',
  },
  {
    name: 'a sender who is not verified',
    sent: { body: { ...good, from: 'new' } },
    status: 403,
    code: 'identity_unverified',
  },
  { name: 'a frozen sender', sent: { body: { ...good, from: 'icy' } }, status: 403, code: 'account_frozen' },
  { name: 'no credential', sent: { body: good, as: null }, status: 401, code: 'unauthorized' },
  {
    name: 'an unknown API key',
    sent: { body: good, as: `boon_sk_${'x'.repeat(43)}` },
    status: 401,
    code: 'unauthorized',
  },
];

test.each(cases)(
  '$name is refused with $status $code',
  async ({ path = TRANSFER, sent, status, code, fields }) => {
    const answer = await server.send('POST', path, sent);
    expect([answer.status, answer.json.code], answer.text).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json).toMatchObject({
      type: `urn:boon:problem:${code}`,
      title: expect.any(String),
      status,
      detail: expect.stringMatching(/\S/),
      fix: expect.any(String),
    });
    if (fields !== undefined) {
      expect((answer.json.errors as { path: string }[]).map((error) => error.path)).toEqual(fields);
    }
  },
);

test('headers without end are ended with a problem', async () => {
  const long = await fetch(`${server.baseUrl}/healthz`, { headers: { 'x-long': 'x'.repeat(20_000) } });
  expect([long.status, long.headers.get('content-type')]).toEqual([413, 'application/problem+json']);
});

test('something that is not HTTP is ended with a problem', async () => {
  const { hostname, port } = new URL(server.baseUrl);
  const socket = connect(Number(port), hostname);
  socket.end('HELO boon\r\n\r\n');
  const answer = await text(socket);
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json/);
});
