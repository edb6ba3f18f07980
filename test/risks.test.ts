import { expect, test } from 'vitest';
import { ConfigError, readConfig } from '../src/config.ts';
import { refuseRisks } from '../src/risks.ts';

const DATABASE = {
  DATABASE_URL: 'postgresql://boon@db/boon',
  BOON_ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7)).toString('base64'),
};
const SOUND_TOKENS = {
  BOON_JWKS_URL: 'https://id.example/jwks',
  BOON_JWT_ISSUER: 'https://id.example',
  BOON_JWT_AUDIENCE: 'boon',
};

/** The faults with which a start is refused; none where it is not. */
function faults(settings: Record<string, string>): readonly string[] {
  try {
    refuseRisks(readConfig(settings));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults;
  }
}

const risky: [string, Record<string, string>, RegExp][] = [
  [
    'unsigned-tokens',
    { BOON_TRUST_UNSIGNED_TOKENS: 'true' },
    /anybody can speak for any end user\. Unset it/,
  ],
  ['demo-payments', { BOON_DEMO_PAYMENTS: 'true' }, /no money moves\. Unset it/],
  ['short-api-key', { BOON_API_KEY: 'x'.repeat(31) }, /BOON_API_KEY has 31 characters/],
  ['jwks-over-http', { ...SOUND_TOKENS, BOON_JWKS_URL: 'http://id.example/jwks' }, /Use its https address/],
  ['tokens-of-others', { ...SOUND_TOKENS, BOON_JWT_ISSUER: '' }, /Set both/],
  ['tokens-of-others', { ...SOUND_TOKENS, BOON_JWT_AUDIENCE: '' }, /Set both/],
  [
    'clear-text-mail',
    { BOON_SMTP_URL: 'smtp://mail.example:25?ignoreTLS=true' },
    /STARTTLS is then required/,
  ],
  [
    'weak-encryption-key',
    { BOON_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') },
    /Make one with `openssl rand -base64 32`/,
  ],
];

test.each(risky)(
  '%s is refused beside a database, and taken when it is accepted by name',
  (name, settings, words) => {
    expect(faults({ ...DATABASE, ...settings })).toEqual([
      expect.stringMatching(words),
      `To start all the same, for a trial say: BOON_ACCEPT_RISKS=${name}`,
    ]);
    expect(faults({ ...DATABASE, ...settings, BOON_ACCEPT_RISKS: name })).toEqual([]);
  },
);

test('they are refused too where the server listens for others, and not on one’s own machine', () => {
  const settings = { BOON_TRUST_UNSIGNED_TOKENS: 'true' };
  for (const HOST of ['0.0.0.0', '::', '10.0.0.7', 'boon.example'])
    expect(faults({ ...settings, HOST }), HOST).toHaveLength(2);
  for (const HOST of ['', '127.0.0.1', '127.8.0.1', '::1', 'localhost'])
    expect(faults({ ...settings, HOST }), HOST).toEqual([]);
});

test('sound settings are taken', () => {
  const sound = { ...DATABASE, ...SOUND_TOKENS, BOON_API_KEY: 'x'.repeat(32), HOST: '0.0.0.0' };
  expect(faults(sound)).toEqual([]);
  expect(faults({ ...sound, BOON_SMTP_URL: 'smtp://mail.example:587' })).toEqual([]);
  expect(faults({ ...sound, BOON_SMTP_URL: 'smtp://127.0.0.1:25?ignoreTLS=true' })).toEqual([]);
  expect(faults({ ...sound, BOON_JWKS_URL: 'http://localhost:9000/jwks' })).toEqual([]);
});

test('each is named at once, and one that is accepted leaves the others refused', () => {
  const settings = { ...DATABASE, BOON_DEMO_PAYMENTS: 'true', BOON_API_KEY: 'short' };
  expect(faults(settings).at(-1)).toContain('BOON_ACCEPT_RISKS=demo-payments,short-api-key');
  expect(faults({ ...settings, BOON_ACCEPT_RISKS: 'demo-payments' })).toEqual([
    expect.stringContaining('BOON_API_KEY has 5 characters'),
    expect.stringContaining('BOON_ACCEPT_RISKS=demo-payments,short-api-key'),
  ]);
  expect(() => readConfig({ BOON_ACCEPT_RISKS: 'all' })).toThrow(/BOON_ACCEPT_RISKS\S* must be names out of/);
});
