import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, readConfig, readPolicy, settings } from '../src/config.ts';
import { SHIPPED_POLICY } from '../src/domain/shipped-policy.ts';

const KEY = randomBytes(32).toString('base64');

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('an empty environment is a local configuration', () => {
  expect(readConfig({})).toMatchObject({
    port: 8080,
    databaseUrl: undefined,
    temporalAddress: undefined,
    dataDir: '.boon',
    story: 'on',
  });
});

test('an empty variable counts as unset', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '', BOON_API_KEY: '' })).toEqual(readConfig({}));
});

test('a whole environment is read', () => {
  const config = readConfig({
    PORT: '9000',
    DATABASE_URL: 'postgresql://boon:secret@db:5432/boon',
    BOON_ENCRYPTION_KEY: KEY,
    TEMPORAL_ADDRESS: 'temporal:7233',
    BOON_WORKER_DEPLOYMENT: 'boon',
    BOON_BUILD_ID: '1.2.3',
    BOON_STORY: 'off',
    BOON_PUBLIC_URL: 'https://boon.example/',
  });
  expect(config).toMatchObject({
    port: 9000,
    encryptionKey: Buffer.from(KEY, 'base64'),
    deployment: { name: 'boon', buildId: '1.2.3' },
    story: 'off',
    publicUrl: 'https://boon.example',
  });
});

test('every fault is listed at once, by its variable, and no value is repeated', () => {
  const faults = faultsOf({
    PORT: '70000',
    DATABASE_URL: 'mysql://user:hunter2@db',
    BOON_BUILD_ID: '7',
    BOON_STORY: 'maybe',
    BOON_TRUST_UNSIGNED_TOKENS: 'true',
    BOON_JWKS_URL: 'https://id.example/jwks',
    BOON_ADD_CREDITS_URL: 'shop.example/{account}',
    BOON_DEMO_PAYMENTS: 'true',
    STRIPE_API_KEY: 'sk_test_123',
    STRIPE_WEBHOOK_SECRET: 'whsec_123',
  });
  expect(faults).toEqual([
    'PORT must be a whole number from 0 to 65535.',
    'DATABASE_URL must be a URL such as postgresql://user:password@host:5432/boon.',
    'BOON_STORY must be on, off or again.',
    'BOON_ADD_CREDITS_URL must be a URL such as https://example.com/credits?account={account}.',
    'BOON_ENCRYPTION_KEY must be set together with DATABASE_URL; make one with: openssl rand -base64 32.',
    'BOON_WORKER_DEPLOYMENT and BOON_BUILD_ID must be set both or neither.',
    'BOON_DEMO_PAYMENTS must not be true when STRIPE_API_KEY is set.',
    'BOON_TRUST_UNSIGNED_TOKENS must not be true when BOON_JWKS_URL is set.',
  ]);
  expect(faults.join()).not.toContain('hunter2');
});

test.each(['short', randomBytes(16).toString('base64')])(
  'an encryption key that is not 32 bytes is refused',
  (key) => {
    expect(faultsOf({ BOON_ENCRYPTION_KEY: key })[0]).toContain('must be 32 random bytes');
  },
);

test('every setting has a description, and a default is one that it takes', () => {
  for (const setting of settings()) {
    expect(setting.description, setting.name).toMatch(/\S/);
    if (setting.default !== undefined) expect(faultsOf({ [setting.name]: setting.default })).toEqual([]);
  }
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boon-policy-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function policyFile(text: string): string {
  const path = join(folder, `${randomBytes(4).toString('hex')}.json`);
  writeFileSync(path, text);
  return path;
}

test('a policy file is merged over the shipped policy, and its version follows its content', () => {
  const shipped = readPolicy(undefined);
  expect(shipped.policy).toEqual(SHIPPED_POLICY);
  const changed = readPolicy(
    policyFile('{"gifts":{"settlement":"PT1H","screening":{"velocity":{"gifts":9}}}}'),
  );
  expect(changed.policy.gifts).toEqual({
    ...SHIPPED_POLICY.gifts,
    settlement: 'PT1H',
    screening: {
      ...SHIPPED_POLICY.gifts.screening,
      velocity: { ...SHIPPED_POLICY.gifts.screening.velocity, gifts: 9 },
    },
  });
  expect(changed.version).toMatch(/^p_[0-9a-f]{16}$/);
  expect(changed.version).not.toBe(shipped.version);
  expect(readPolicy(policyFile('{}')).version).toBe(shipped.version);
});

test('a policy file with faults is refused with the path of each', () => {
  const path = policyFile('{"gifts":{"settlement":"1 day","max":"12.50","maximum":"5"},"presents":{}}');
  expect(() => readPolicy(path)).toThrow(path);
  try {
    readPolicy(path);
  } catch (error) {
    const message = String(error);
    expect(message).toContain('gifts.settlement: must be an ISO 8601 duration');
    expect(message).toContain('gifts.max: must be a decimal string');
    expect(message).toContain('maximum');
    expect(message).toContain('presents');
  }
});

test('a program’s login grace is a day at most', () => {
  const withGrace = (login_grace: string) =>
    readPolicy(policyFile(JSON.stringify({ programs: { 'codex-selective': { login_grace } } })));
  for (const grace of ['P1D', 'PT24H', 'PT1440M', 'PT90S']) expect(() => withGrace(grace)).not.toThrow();
  for (const grace of ['PT24H1S', 'P2D', 'P1M', 'P1DT1H'])
    expect(() => withGrace(grace)).toThrow('login_grace');
});

test('a use may be reported a week late at most: its id is remembered for little longer', () => {
  const withDelay = (accept_late_for: string) =>
    readPolicy(policyFile(JSON.stringify({ usage: { accept_late_for } })));
  for (const delay of ['P0D', 'P1D', 'P7D', 'PT36H', 'PT168H']) expect(() => withDelay(delay)).not.toThrow();
  for (const delay of ['P8D', 'PT169H', 'P1M', 'P40D', 'P7DT1H'])
    expect(() => withDelay(delay)).toThrow('accept_late_for');
});

test('a policy file that is missing or no JSON is refused with its name', () => {
  expect(() => readPolicy('/no/such/policy.json')).toThrow(
    'The policy file /no/such/policy.json cannot be read',
  );
  const path = policyFile('{');
  expect(() => readPolicy(path)).toThrow(`The policy file ${path} is not JSON`);
});

test('keys, origins and the operator’s claim of what is encrypted in Temporal are read, or refused', () => {
  const keys = [1, 2, 3].map(() => randomBytes(32));
  const { payloads, jwt } = readConfig({
    BOON_PAYLOAD_KEYS: keys.map((key) => key.toString('base64')).join(', '),
    BOON_TEMPORAL_UI_ORIGINS: 'https://temporal.example.com/,http://localhost:8233',
    BOON_OPERATOR_CLAIM: 'groups=boon=operators',
  });
  expect(payloads).toMatchObject({
    encryption: 'personal',
    keys,
    uiOrigins: ['https://temporal.example.com', 'http://localhost:8233'],
  });
  expect(jwt.operatorClaim).toEqual({ name: 'groups', value: 'boon=operators' });
  const wrong = {
    BOON_TEMPORAL_ENCRYPTION: 'off',
    BOON_PAYLOAD_KEYS: 'c2hvcnQ=',
    BOON_TEMPORAL_UI_ORIGINS: 'https://temporal.example.com/path',
    BOON_OPERATOR_CLAIM: 'groups',
  };
  for (const name of Object.keys(wrong)) expect(() => readConfig(wrong)).toThrow(name);
});
