import { afterAll, beforeAll, expect, test } from 'vitest';
import { policyWith } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const PATCH = {
  gifts: { max: '77' },
  rate_card: {
    codex: {
      default: [
        { from: null, credits: '1' },
        { from: '2026-07-01T00:00:00.000Z', credits: '1.5' },
      ],
    },
  },
};

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer({ policy: PATCH });
});
afterAll(() => server.close());

test('the policy in use is shown whole, under the version that readiness names', async () => {
  const { status, json } = await server.send('GET', '/v1/policy');
  expect([status, json]).toEqual([200, policyWith(PATCH)]);
  const ready = await server.send('GET', '/readyz', { as: null });
  expect(ready.json.policy_version).toBe(json.version);
});

test('it needs the scope policy:read', async () => {
  const keyWith = async (scope: string) => {
    const made = await server.send('POST', '/v1/api-keys', { body: { name: scope, scopes: [scope] } });
    return String(made.json.key);
  };
  expect(await server.send('GET', '/v1/policy', { as: await keyWith('policy:read') })).toMatchObject({
    status: 200,
  });
  const other = await server.send('GET', '/v1/policy', { as: await keyWith('accounts:read') });
  expect([other.status, other.json.detail]).toEqual([403, 'The API key lacks the scope policy:read.']);
});
