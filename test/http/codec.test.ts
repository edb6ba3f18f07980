import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPayloadCodec } from '../../src/temporal/payload-codec.ts';
import { unsignedToken } from '../../src/testing/unsigned-token.ts';
import { openTestServer, type Sent, type TestServer, UI_ORIGIN } from '../support/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const written = {
  metadata: { encoding: base64('json/plain') },
  data: base64('{"reason":"she is my neighbour"}'),
};

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function encoded(): Promise<object> {
  const { json } = await server.send('POST', '/codec/encode', { body: { payloads: [written] } });
  return (json as { payloads: [object] }).payloads[0];
}

function decode(payload: object, sent: Sent = {}) {
  return server.send('POST', '/codec/decode', { body: { payloads: [payload] }, key: null, ...sent });
}

test('an operator’s key decodes what was encoded', async () => {
  const secret = await encoded();
  expect(JSON.stringify(secret)).not.toContain(written.data);
  const answer = await decode(secret);
  expect(answer).toMatchObject({ status: 200, json: { payloads: [written] } });
});

test('a call without payloads, as `temporal` sends it for a query without arguments, is answered', async () => {
  const answer = await server.send('POST', '/codec/decode', { body: {}, key: null });
  expect(answer).toMatchObject({ status: 200, json: { payloads: [] } });
});

test('no credential, a wrong one and a key without the scope are refused', async () => {
  const secret = await encoded();
  expect(await decode(secret, { as: null })).toMatchObject({ status: 401, json: { code: 'unauthorized' } });
  expect(await decode(secret, { as: 'boon_wrong' })).toMatchObject({ status: 401 });
  const made = await server.send('POST', '/v1/api-keys', {
    body: { name: 'shop', scopes: ['gifts:read'] },
  });
  const refused = await decode(secret, { as: String(made.json.key) });
  expect(refused).toMatchObject({ status: 403, json: { code: 'forbidden' } });
});

test('the Web UI’s origin may call with credentials, another origin’s page may not', async () => {
  const secret = await encoded();
  const preflight = await server.send('OPTIONS', '/codec/decode', {
    as: null,
    headers: { origin: UI_ORIGIN, 'access-control-request-headers': 'authorization,x-namespace' },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(UI_ORIGIN);
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/authorization.*x-namespace/);
  expect(preflight.headers.get('access-control-allow-credentials')).toBe('true');
  const foreign = await decode(secret, { headers: { origin: 'https://evil.example' } });
  expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  const refused = await decode(secret, { as: null, headers: { origin: UI_ORIGIN } });
  // The page must be able to read why it was refused.
  expect(refused.headers.get('access-control-allow-origin')).toBe(UI_ORIGIN);
});

test('a payload that cannot be read comes back as it is, beside those that can', async () => {
  const broken = {
    metadata: { encoding: base64('binary/encrypted'), key: base64('00000000') },
    data: 'AAAA',
  };
  const { json } = await server.send('POST', '/codec/decode', {
    key: null,
    body: { payloads: [broken, await encoded()] },
  });
  expect(json).toEqual({ payloads: [broken, written] });
});

test('what cannot be encrypted is refused, and does not come back in clear', async () => {
  const failing = { encode: () => Promise.reject(new Error('no key')), decode: async () => [] };
  const broken = await openTestServer({ parts: { codec: { payloads: failing, uiOrigins: [] } } });
  try {
    const answer = await broken.send('POST', '/codec/encode', { body: { payloads: [written] } });
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal' } });
    expect(answer.text).not.toContain(written.data);
  } finally {
    await broken.close();
  }
});

test('a user’s token decodes only when it names an operator as the setting says', async () => {
  const claim = { name: 'groups', value: 'boon-operators' };
  const open = await openTestServer({ jwt: { trustUnsigned: true, operatorClaim: claim } });
  try {
    const body = { payloads: [written] };
    const call = (as: string) => open.send('POST', '/codec/encode', { key: null, body, as });
    const plain = unsignedToken('user_ada', open.time.now);
    expect(await call(plain)).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    const [head, payload = ''] = plain.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const operator = Buffer.from(JSON.stringify({ ...claims, groups: ['all', 'boon-operators'] }));
    expect(await call(`${head}.${operator.toString('base64url')}.`)).toMatchObject({ status: 200 });
  } finally {
    await open.close();
  }
});

test('the local start’s ticket stands for a credential, and only the right one', async () => {
  const payloads = createPayloadCodec({ encryption: 'personal', keys: [server.encryptionKey] });
  const codec = { payloads, uiOrigins: [], ticket: 'a-ticket' };
  const local = await openTestServer({ parts: { codec } });
  try {
    const body = { payloads: [written] };
    const call = (path: string) => local.send('POST', path, { as: null, key: null, body });
    expect(await call('/codec/a-ticket/encode')).toMatchObject({ status: 200 });
    expect(await call('/codec/b-ticket/encode')).toMatchObject({ status: 401 });
    expect(await server.send('POST', '/codec/a-ticket/encode', { body })).toMatchObject({ status: 404 });
  } finally {
    await local.close();
  }
});
