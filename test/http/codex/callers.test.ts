import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUTH_CLAIM, codexClaims, codexToken } from '../../support/codex-callers.ts';
import { START, seedAccount } from '../../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../../support/test-server.ts';

const NOW = new Date(START);
const USAGE = '/backend-api/wham/usage';
const CALLS: [string, string][] = [
  ['GET', USAGE],
  ['GET', '/api/codex/usage'],
  ['GET', '/backend-api/codex/usage'],
  ['GET', '/backend-api/wham/accounts/check'],
  ['GET', '/backend-api/wham/rate-limit-reset-credits'],
  ['POST', '/backend-api/wham/rate-limit-reset-credits/consume'],
  ['GET', '/backend-api/wham/rate-limit-reset-credits/history'],
  ['GET', '/backend-api/referrals/invite/eligibility?program_id=codex-pilot'],
  ['POST', '/backend-api/referrals/invite'],
  ['GET', '/backend-api/referrals/invite/tracking'],
  ['POST', '/backend-api/referrals/invite/ref_1/send-email'],
];

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ jwt: { trustUnsigned: true } });
  for (const id of ['ada', 'ben']) await seedAccount(server.ledger, id);
});
afterAll(() => server.close());

async function accountSeen(as: string, header?: string) {
  const headers = header === undefined ? {} : { 'ChatGPT-Account-Id': header };
  const { status, json } = await server.send('GET', USAGE, { as, headers });
  return status === 200 ? json.account_id : status;
}

describe('the account', () => {
  test('is the one that the token’s own claim names, with or without the header', async () => {
    const as = codexToken('ada', NOW);
    expect(await accountSeen(as)).toBe('ada');
    expect(await accountSeen(as, 'ada')).toBe('ada');
    expect(await accountSeen(as, '')).toBe('ada');
  });

  test('is the one of the claim of all other tokens where there is no claim of its own', async () => {
    for (const auth of [undefined, {}, { chatgpt_account_id: 7 }, 'text']) {
      const as = codexToken('ada', NOW, { sub: 'ben', [AUTH_CLAIM]: auth });
      expect(await accountSeen(as)).toBe('ben');
    }
  });

  test('is chosen by the header where the token names two, and never one that it does not name', async () => {
    const as = codexToken('ada', NOW, { sub: 'ben' });
    expect(await accountSeen(as)).toBe('ada');
    expect(await accountSeen(as, 'ben')).toBe('ben');
    expect(await accountSeen(as, 'eve')).toBe(404);
  });

  test('of somebody else is refused with the refusal for none at all, on every call', async () => {
    const as = codexToken('ada', NOW);
    for (const [method, path] of CALLS) {
      const body = method === 'POST' ? {} : undefined;
      const call = (id: string) =>
        server.send(method, path, { as, body, key: null, headers: { 'chatgpt-account-id': id } });
      const [other, none] = [await call('ben'), await call('nobody')];
      expect([path, other.status]).toEqual([path, 404]);
      expect(other.text.replaceAll('ben', 'nobody')).toBe(none.text);
    }
  });

  test('that Boon does not know is not found', async () => {
    const answer = await server.send('GET', USAGE, { as: codexToken('nobody', NOW) });
    expect([answer.status, answer.json.detail]).toEqual([404, 'There is no account "nobody".']);
  });

  test('is missing from a token that names none: unauthorized', async () => {
    const as = codexToken('ada', NOW, { [AUTH_CLAIM]: {}, sub: 'auth0|ada' });
    const answer = await server.send('GET', USAGE, { as });
    expect([answer.status, answer.json.detail]).toEqual([
      401,
      'The token is not accepted: it names no account.',
    ]);
  });
});

test('the person is the token’s: without an id or an address of theirs it is the account, and no address', async () => {
  const as = new UnsecuredJWT({ [AUTH_CLAIM]: { chatgpt_account_id: 'ada', chatgpt_user_id: 7 } }).encode();
  const { json } = await server.send('GET', USAGE, { as });
  expect([json.user_id, json.email]).toEqual(['ada', null]);
});

test.each(CALLS)('%s %s needs an end user’s token: an API key is none', async (method, path) => {
  const sent = { body: method === 'POST' ? {} : undefined, key: null };
  const anonymous = await server.send(method, path, { ...sent, as: null });
  expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  const service = await server.send(method, path, sent);
  expect([service.status, service.json.code]).toEqual([401, 'unauthorized']);
});

test('a token that has expired is refused', async () => {
  const { status, json } = await server.send('GET', USAGE, { as: codexToken('ada', NOW, { exp: 1 }) });
  expect([status, json.code]).toEqual([401, 'unauthorized']);
});

describe('where tokens are signed', () => {
  let provider: Server;
  let signing: TestServer;
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  beforeAll(async () => {
    keys = await generateKeyPair('ES256', { extractable: true });
    const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), alg: 'ES256' }] });
    provider = createServer((_, response) =>
      response.setHeader('content-type', 'application/json').end(jwks),
    );
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const { port } = provider.address() as AddressInfo;
    signing = await openTestServer({ jwt: { jwksUrl: `http://127.0.0.1:${port}/jwks.json` } });
    await seedAccount(signing.ledger, 'ada');
  });
  afterAll(async () => {
    provider.close();
    await signing.close();
  });

  test('a signed one is taken, an unsigned one is not', async () => {
    const signed = await new SignJWT(codexClaims('ada', NOW))
      .setProtectedHeader({ alg: 'ES256' })
      .sign(keys.privateKey);
    expect((await signing.send('GET', USAGE, { as: signed })).json.account_id).toBe('ada');
    expect((await signing.send('GET', USAGE, { as: codexToken('ada', NOW) })).status).toBe(401);
  });
});

test('a server that takes no tokens of end users takes none of Codex clients', async () => {
  const closed = await openTestServer();
  try {
    const { status, json } = await closed.send('GET', USAGE, { as: codexToken('ada', NOW) });
    expect([status, json.detail]).toEqual([
      401,
      'This server accepts no end users’ tokens: BOON_JWKS_URL is not set.',
    ]);
  } finally {
    await closed.close();
  }
});

test('the adapter’s calls do not stand in the OpenAPI document: their shapes are not Boon’s', async () => {
  const { json } = await server.send('GET', '/openapi.json', { as: null });
  expect(
    Object.keys(json.paths as object).filter(
      (path) => !/^\/(v1\/|codec\/|healthz|readyz|metrics)/.test(path),
    ),
  ).toEqual([]);
});
