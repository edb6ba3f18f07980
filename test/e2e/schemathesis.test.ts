import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newApiKey } from '../../src/http/callers/api-key-secret.ts';
import { keyDigest } from '../../src/http/callers/key-ring.ts';
import { createLogger } from '../../src/observability/logger.ts';
import { runs, SEED } from '../support/effort.ts';
import { runSchemathesis } from '../support/schemathesis.ts';
import { newKey, START, seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

/** It takes half a minute; a machine that is busy with other tests may need many times that. */
const PATIENCE = 900_000;

let server: TestServer;
let folder: string;
/** What the server logged of faults of its own. */
const faults: string[] = [];
beforeAll(async () => {
  const logger = createLogger('error', { write: (line) => faults.push(line) });
  server = await openTestServer({ parts: { logger } });
  folder = await mkdtemp(join(tmpdir(), 'boon-schemathesis-'));
  // The accounts, the gift and the API key of the document's examples.
  await seedAccount(server.ledger, 'user_ada', { credits: '1000000' });
  await seedAccount(server.ledger, 'user_grace', { credits: '1000' });
  await server.ledger.acceptGift({
    key: newKey('accept'),
    id: 'gft_06bq2n6y3v8k5s7r1x4z9m0c2d',
    at: START,
    from: 'user_ada',
    to: { account_id: 'user_grace' },
    amount: '1',
    funding: 'transfer',
    message: null,
  });
  await server.apiKeys.create({
    key: 'example',
    id: 'key_06bq2n6y3v8k5s7r1x4z9m0c2d',
    name: 'example',
    digest: keyDigest(newApiKey()),
    scopes: ['*'],
    expires_at: null,
    by: 'key:key_bootstrap',
    parent_id: null,
    at: START,
  });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await server.close();
});

/** These end the key that a run works with, when a run follows the ids that it is given. */
const ENDING_KEYS = ['rotateApiKey', 'revokeApiKey'];

test('whatever is sent to the API, its answers are those that its document lists', {
  timeout: PATIENCE,
}, async () => {
  await expectConformance(ENDING_KEYS.flatMap((id) => ['--exclude-operation-id', id]));
});

test('so are the answers of the calls that end API keys', { timeout: PATIENCE }, async () => {
  const only = ENDING_KEYS.flatMap((id) => ['--include-operation-id', id]);
  await expectConformance([...only, '--phases', 'examples,coverage,fuzzing']);
});

async function expectConformance(args: string[]): Promise<void> {
  const { ok, output } = await runSchemathesis(
    [
      '--config-file',
      join(import.meta.dirname, 'schemathesis.toml'),
      'run',
      `${server.baseUrl}/openapi.json`,
      '--checks',
      'all',
      '--max-examples',
      String(runs(2)),
      '--seed',
      String(SEED),
      '--generation-database',
      'none',
      ...args,
    ],
    { SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'schemathesis_hooks.py'), BOON_API_KEY: server.apiKey },
    folder,
  );
  expect(ok, `${output}\n${faults.join('')}`).toBe(true);
}
