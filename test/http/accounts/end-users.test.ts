import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const TRANSFER = '/v1/transfers';
const TRANSFERS = '/v1/transfers';
const ISSUER = 'https://id.example';
const NOW = Date.parse(START) / 1000;

/** An identity provider: it publishes the keys its tokens are signed with. */
let provider: Server;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let server: TestServer;

beforeAll(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  const jwks = JSON.stringify({
    keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }],
  });
  provider = createServer((_, response) => response.setHeader('content-type', 'application/json').end(jwks));
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  server = await openTestServer({
    jwt: { jwksUrl: `http://127.0.0.1:${port}/jwks.json`, issuer: ISSUER, audience: 'boon' },
  });
  for (const id of ['ada', 'ben', 'eve']) await seedAccount(server.ledger, id, { credits: '100' });
});
afterAll(async () => {
  provider.close();
  await server.close();
});

/** A token like ada’s; a claim that is null is left out. */
function token(claims: Record<string, unknown> = {}, key = keys.privateKey, header = {}): Promise<string> {
  const all = Object.entries({ sub: 'ada', iss: ISSUER, aud: 'boon', exp: NOW + 600, ...claims });
  return new SignJWT(Object.fromEntries(all.filter(([, value]) => value !== null)))
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .sign(key);
}

test('an end user sees their own account, and others’ as if they were not there', async () => {
  const as = await token();
  for (const part of ['', '/balance', '/statement', '/gifting']) {
    expect((await server.send('GET', `/v1/accounts/ada${part}`, { as })).status).toBe(200);
    const [others, nobodys] = await Promise.all([
      server.send('GET', `/v1/accounts/ben${part}`, { as }),
      server.send('GET', `/v1/accounts/nobody${part}`, { as }),
    ]);
    expect([others?.status, others?.json.code]).toEqual([404, 'not_found']);
    expect(others?.text.replaceAll('ben', 'nobody')).toBe(nobodys?.text);
  }
});

test('an end user gives, sees, lists and cancels their own gifts', async () => {
  const as = await token();
  const gift = await server.send('POST', TRANSFER, {
    as,
    body: { from: 'ada', to: { account_id: 'ben' }, amount: '2' },
  });
  expect(gift.status).toBe(202);
  const path = `${TRANSFERS}/${gift.json.id}`;
  expect((await server.send('GET', path, { as })).json).toEqual(gift.json);
  expect((await server.send('GET', `${TRANSFERS}?account_id=ada`, { as })).json.data).toEqual([gift.json]);

  const ben = await token({ sub: 'ben' });
  expect((await server.send('GET', path, { as: ben })).json).toEqual(gift.json);
  const byRecipient = await server.send('POST', `${path}/cancel`, { as: ben });
  expect([byRecipient.status, byRecipient.json.code]).toEqual([403, 'forbidden']);

  const eve = await token({ sub: 'eve' });
  const [foreign, none] = await Promise.all([
    server.send('GET', path, { as: eve }),
    server.send('GET', `${TRANSFERS}/gft_none`, { as: eve }),
  ]);
  expect(foreign?.text.replaceAll(String(gift.json.id), 'gft_none')).toBe(none?.text);
  expect((await server.send('POST', `${path}/cancel`, { as: eve })).status).toBe(404);

  const canceled = await server.send('POST', `${path}/cancel`, { as });
  expect(canceled.json.status).toBe('canceled');
});

test('an end user cannot give from, list or claim for another account', async () => {
  const as = await token();
  const given = await server.send('POST', TRANSFER, {
    as,
    body: { from: 'ben', to: { account_id: 'ada' }, amount: '2' },
  });
  expect([given.status, given.json.code]).toEqual([404, 'not_found']);
  expect((await server.send('GET', `${TRANSFERS}?account_id=ben`, { as })).status).toBe(404);
  const claim = await server.send('POST', `${TRANSFERS}/gft_x/claim`, {
    as,
    body: { token: 't', account_id: 'ben' },
  });
  expect([claim.status, claim.json.code]).toEqual([404, 'not_found']);
});

test.each([
  ['PUT', '/v1/accounts/ada', { plan: 'pro' }],
  ['POST', '/v1/credits/grants', { account_id: 'ada', amount: '1', source: 'purchased', reason: 'mine' }],
  ['POST', `${TRANSFERS}/gft_x/hold`, { reason: 'r' }],
  ['POST', `${TRANSFERS}/gft_x/release`, {}],
  ['POST', `${TRANSFERS}/gft_x/reject`, { reason: 'r' }],
  ['POST', `${TRANSFERS}/gft_x/reverse`, { reason: 'r' }],
  ['GET', '/v1/api-keys', undefined],
  ['POST', '/v1/api-keys', { name: 'mine', scopes: ['*'] }],
])('an end user may not %s %s', async (method, path, body) => {
  const answer = await server.send(method, path, { as: await token(), body });
  expect([answer.status, answer.json.code]).toEqual([403, 'forbidden']);
});

test('a gift by e-mail shows each side its own', async () => {
  const [ada, ben] = [await token(), await token({ sub: 'ben' })];
  const gift = await server.send('POST', TRANSFER, {
    as: ada,
    body: { from: 'ada', to: { email: 'ben@example.com' }, amount: '2' },
  });
  expect(gift.json).toMatchObject({ to: { email: 'ben@example.com' }, claim_url: expect.any(String) });
  const path = `${TRANSFERS}/${gift.json.id}`;
  expect((await server.send('GET', path, { as: ben })).status, 'nobody’s until it is claimed').toBe(404);

  const claimToken = String(gift.json.claim_url).split('#token=')[1];
  const claimed = await server.send('POST', `${path}/claim`, {
    as: ben,
    body: { token: claimToken, account_id: 'ben' },
  });
  expect(claimed.json).toMatchObject({ status: 'pending', to: { account_id: 'ben' } });
  expect(claimed.text).not.toContain('example.com');
  expect((await server.send('GET', path, { as: ben })).json).toEqual(claimed.json);

  const seenBySender = await server.send('GET', path, { as: ada });
  expect(seenBySender.json.to).toEqual({ email: 'ben@example.com' });
  expect(seenBySender.json.claim_url).toBeUndefined();
  const listed = await server.send('GET', `${TRANSFERS}?account_id=ada&status=pending`, { as: ada });
  expect(listed.json.data).toEqual([seenBySender.json]);
});

test('what an operator wrote is for services only', async () => {
  const as = await token();
  const gift = await server.send('POST', TRANSFER, {
    as,
    body: { from: 'ada', to: { account_id: 'ben' }, amount: '2' },
  });
  const path = `${TRANSFERS}/${gift.json.id}`;
  const held = await server.send('POST', `${path}/hold`, { body: { reason: 'known resale ring' } });
  expect(held.json.reason).toBe('known resale ring');
  const seen = await server.send('GET', path, { as });
  expect(seen.json).toMatchObject({ status: 'held', reason: null });
});

test('a forged claim token is claim_invalid and changes nothing', async () => {
  const gift = await server.send('POST', TRANSFER, {
    body: { from: 'ada', to: { email: 'x@example.com' }, amount: '2' },
  });
  const claim = await server.send('POST', `${TRANSFERS}/${gift.json.id}/claim`, {
    as: await token({ sub: 'eve' }),
    body: { token: 'A'.repeat(43), account_id: 'eve' },
  });
  expect(claim.json.code).toBe('claim_invalid');
  expect((await server.send('GET', `${TRANSFERS}/${gift.json.id}`)).json).toEqual(gift.json);
});

test('tokens that are expired, forged or made for others are refused, and the detail says why', async () => {
  const stranger = await generateKeyPair('ES256');
  const tampered = (await token()).replace(
    /\.[^.]+\./,
    `.${Buffer.from(JSON.stringify({ sub: 'ben', exp: NOW + 600, iss: ISSUER, aud: 'boon' })).toString('base64url')}.`,
  );
  const bad: [string, RegExp][] = [
    [await token({ exp: NOW - 60 }), /expired at 2026-03-10T11:59:00.000Z/],
    [await token({ iss: 'https://other.example' }), /claim iss/],
    [await token({ aud: 'other' }), /claim aud/],
    [await token({ nbf: NOW + 600 }), /claim nbf/],
    [await token({ exp: null }), /claim exp/],
    [await token({ sub: null }), /names no account/],
    [await token({ sub: 'boon:promotional' }), /names no account/],
    [await token({}, stranger.privateKey), /signature/],
    [await token({}, stranger.privateKey, { kid: 'k2' }), /key is not among/],
    [new UnsecuredJWT({ sub: 'ada', iss: ISSUER, aud: 'boon', exp: NOW + 600 }).encode(), /cannot|can check/],
    [tampered, /signature/],
  ];
  for (const [as, why] of bad) {
    const answer = await server.send('GET', '/v1/accounts/ada', { as });
    expect([answer.status, answer.json.code], why.source).toEqual([401, 'unauthorized']);
    expect(answer.json.detail).toMatch(why);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  }
});

test('a token expires by the server’s clock while it is in use', async () => {
  const as = await token();
  expect((await server.send('GET', '/v1/accounts/ada', { as })).status).toBe(200);
  server.time.now = new Date((NOW + 700) * 1000);
  expect((await server.send('GET', '/v1/accounts/ada', { as })).status).toBe(401);
  server.time.now = new Date(START);
});

test('with the provider’s keys out of reach a token is 503, and service keys keep working', async () => {
  const lonely = await openTestServer({ jwt: { jwksUrl: 'http://127.0.0.1:1/jwks.json' } });
  try {
    const answer = await lonely.send('GET', '/v1/accounts/ada', { as: await token() });
    expect([answer.status, answer.json.code]).toEqual([503, 'unavailable']);
    expect((await lonely.send('GET', '/v1/api-keys')).status).toBe(200);
  } finally {
    await lonely.close();
  }
});

test('unsigned tokens count only where they are trusted', async () => {
  const unsigned = (claims: JWTPayload) => new UnsecuredJWT(claims).encode();
  const trusting = await openTestServer({ jwt: { trustUnsigned: true } });
  const without = await openTestServer();
  try {
    await seedAccount(trusting.ledger, 'ada');
    expect((await trusting.send('GET', '/v1/accounts/ada', { as: unsigned({ sub: 'ada' }) })).status).toBe(
      200,
    );
    expect((await trusting.send('GET', '/v1/accounts/ada', { as: await token() })).status).toBe(200);
    const expired = await trusting.send('GET', '/v1/accounts/ada', {
      as: unsigned({ sub: 'ada', exp: NOW - 60 }),
    });
    expect(expired.json.detail).toMatch(/expired/);
    const refused = await without.send('GET', '/v1/accounts/ada', { as: unsigned({ sub: 'ada' }) });
    expect([refused.status, refused.json.detail]).toEqual([401, expect.stringContaining('BOON_JWKS_URL')]);
  } finally {
    await trusting.close();
    await without.close();
  }
});
