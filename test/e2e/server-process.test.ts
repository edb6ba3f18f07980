import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BoonClient } from '../../src/client/index.ts';
import { freePort } from '../../src/local/ports.ts';
import { openTestLedger, seedAccount, type TestLedger } from '../support/test-ledger.ts';

const SERVER = join(import.meta.dirname, '../../src/server.ts');

let database: TestLedger;
let folder: string;
const running = new Set<ChildProcess>();
beforeAll(async () => {
  database = await openTestLedger();
  folder = await mkdtemp(join(tmpdir(), 'boon-server-'));
});
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.close();
});

type Started = {
  child: ChildProcess;
  output: () => string;
  /** What it said on stderr. */
  errors: () => string;
  ended: Promise<number | null>;
};

/** Starts the server as a process, with nothing but these settings and a database; Temporal is not there. */
async function start(settings: Record<string, string> = {}): Promise<Started> {
  const env = {
    PATH: process.env.PATH ?? '',
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
    PORT: '0',
    DATABASE_URL: database.url,
    BOON_ENCRYPTION_KEY: database.encryptionKey.toString('base64'),
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    ...settings,
  };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SERVER], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
    errors += chunk;
  });
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code;
  });
  return { child, output: () => output, errors: () => errors, ended };
}

async function listening({ output, ended }: Started): Promise<string> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  for (;;) {
    const url = /"url":"(http:[^"]+)"/.exec(output())?.[1];
    if (url !== undefined) return url;
    if (over) throw new Error(`The server ended: ${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const KEY_LINE = /Operator API key, shown this once: (boon_sk_\S+)/;

test('a server by itself makes a key once, accepts gifts without Temporal, and stops on SIGTERM', async () => {
  await seedAccount(database.ledger, 'ada', { credits: '100' });
  await seedAccount(database.ledger, 'ben');
  const first = await start({ BOON_DRAIN_SECONDS: '8' });
  const url = await listening(first);
  const apiKey = KEY_LINE.exec(first.output())?.[1] ?? '';
  const boon = new BoonClient({ baseUrl: url, apiKey });

  const gift = await boon.transfers.create({ from: 'ada', to: { account_id: 'ben' }, amount: '2' });
  expect(gift.status).toBe('pending');
  const ready = await fetch(`${url}/readyz`);
  expect([ready.status, await ready.json()]).toMatchObject([
    200,
    { status: 'degraded', checks: { database: 'ok', temporal: 'unreachable' } },
  ]);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('boon_gift_batch_size_count 1');
  first.child.kill('SIGTERM');
  // A balancer sees it drain while it still serves.
  const drains = async () => {
    const answer = await fetch(`${url}/readyz`);
    return [answer.status, ((await answer.json()) as { status: string }).status];
  };
  await expect.poll(drains, { timeout: 10_000 }).toEqual([503, 'draining']);
  expect((await boon.transfers.get(gift.id)).id).toBe(gift.id);
  expect(await first.ended).toBe(0);

  const second = await start();
  const again = new BoonClient({ baseUrl: await listening(second), apiKey });
  expect(second.output()).not.toMatch(KEY_LINE);
  expect((await again.transfers.get(gift.id)).id).toBe(gift.id);
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
});

const RISKY = { BOON_TRUST_UNSIGNED_TOKENS: 'true', BOON_API_KEY: 'short', BOON_DEMO_PAYMENTS: 'true' };
const WARNINGS = ['no money moves', 'anybody can speak for any end user', 'BOON_API_KEY has 5 characters'];

test('risky settings that are accepted by name are said at every start', async () => {
  await database.sql('DELETE FROM boon.api_keys');
  const accepted = { BOON_ACCEPT_RISKS: 'unsigned-tokens,short-api-key,demo-payments' };
  const server = await start({ ...RISKY, ...accepted });
  await listening(server);
  for (const warning of WARNINGS) await expect.poll(() => server.output()).toContain(warning);
});

test('a revoked operator key does not come back with the setting, and the start says why', async () => {
  await database.sql('DELETE FROM boon.api_keys');
  const settings = { BOON_API_KEY: 'an-operator-key-of-32-characters' };
  const first = await start(settings);
  const { status } = await fetch(`${await listening(first)}/v1/api-keys/key_bootstrap`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${settings.BOON_API_KEY}` },
  });
  expect(status).toBe(204);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = await start(settings);
  expect(await second.ended).toBe(1);
  expect(second.errors()).toMatch(
    /^The operator key in BOON_API_KEY was revoked at \S+, and does not come back\. Unset BOON_API_KEY/,
  );
  await database.sql('DELETE FROM boon.api_keys');
});

test('risky settings that nobody has accepted are refused, all at once', async () => {
  const server = await start(RISKY);
  expect(await server.ended).toBe(1);
  for (const warning of WARNINGS) expect(server.errors()).toContain(warning);
});

const refusedStarts: [string, () => Promise<Record<string, string>> | Record<string, string>, RegExp][] = [
  ['no database', () => ({ DATABASE_URL: '' }), /DATABASE_URL and BOON_ENCRYPTION_KEY must be set/],
  ['a setting with a fault', () => ({ PORT: 'eighty' }), /PORT must be a whole number from 0 to 65535\./],
  [
    'a database that does not answer',
    async () => ({ DATABASE_URL: `postgresql://boon@127.0.0.1:${await freePort()}/boon` }),
    /^The database does not answer .*: check DATABASE_URL/,
  ],
  [
    'a database that is not there',
    () => ({ DATABASE_URL: database.url.replace(/\/[^/]+$/, '/nosuch') }),
    /^The database does not answer .*"nosuch" does not exist.*: check DATABASE_URL/,
  ],
  [
    'a wrong password',
    () => ({ DATABASE_URL: database.url.replace(/:[^:@/]+@/, `:${randomBytes(4).toString('hex')}@`) }),
    /^The database does not answer .*password.*: check DATABASE_URL/,
  ],
  [
    'a policy with a fault',
    async () => ({ BOON_POLICY: await policyFile('{"gifts":{"max":"lots"}}') }),
    /gifts\.max: must be a decimal string/,
  ],
];

async function policyFile(text: string): Promise<string> {
  const path = join(folder, 'policy.json');
  await writeFile(path, text);
  return path;
}

test.each(refusedStarts)(
  'with %s the start ends with a sentence on what to do',
  async (_, settings, sentence) => {
    const server = await start(await settings());
    expect(await server.ended).toBe(1);
    expect(server.errors()).toMatch(sentence);
    expect(server.output(), 'no stack').not.toContain('    at ');
  },
);

test('with its port in use the start ends with a sentence on what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  try {
    const server = await start({ PORT: port });
    expect(await server.ended).toBe(1);
    expect(server.errors()).toBe(
      `Port ${port} is in use: stop what listens there or set PORT to another one.\n`,
    );
    expect(server.output(), 'no stack').not.toContain('    at ');
  } finally {
    other.close();
  }
});
