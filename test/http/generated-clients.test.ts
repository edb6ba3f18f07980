/**
 * Clients that public generators make of the OpenAPI document: they compile as strictly as TypeScript checks, run the
 * README's example against a real server, and a misspelled field does not compile.
 */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../src/local/run-command.ts';
import { seedAccount } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const MODULES = join(import.meta.dirname, '../../node_modules');

const COMPILER = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    types: ['node'],
    strict: true,
    noUncheckedIndexedAccess: true,
    noImplicitOverride: true,
    skipLibCheck: true,
    outDir: 'out',
    rootDir: '.',
  },
  include: ['*.ts', 'codegen'],
};

const GIFT = `{ from: 'user_ada', to: { email: 'grace@example.com' }, amount: '40', message: 'Thank you!' }`;

const OAZAPFTS = `
import { createTransfer, defaults, getBalance } from './oazapfts.js';

defaults.baseUrl = process.env.BOON_URL ?? '';
defaults.headers = { authorization: 'Bearer ' + process.env.BOON_API_KEY };

async function give(amount: string, key: string): Promise<void> {
  const answer = await createTransfer(key, { ...${GIFT}, amount });
  if (answer.status === 202) console.log(answer.data.status, typeof answer.data.claim_url, answer.data.amount);
  else console.log(answer.data.code, answer.data.fix);
}

void (async () => {
  await give('40', 'thank-you-4711');
  await give('40', 'thank-you-4711');
  await give('4000', 'thank-you-4712');
  const balance = await getBalance('user_ada');
  if (balance.status === 200) console.log(balance.data.available, balance.data.held);
})();

// @ts-expect-error: a misspelled field
void (() => createTransfer('k', { ...${GIFT}, amount: '1', mesage: 'x' }));
// @ts-expect-error: a misspelled field of one form
void (() => createTransfer('k', { from: 'a', to: { acount_id: 'b' }, amount: '1' }));
// @ts-expect-error: neither form
void (() => createTransfer('k', { from: 'a', to: { account_id: 'b' } }));
// @ts-expect-error: a number where credits are a text
void (() => createTransfer('k', { from: 'a', to: { account_id: 'b' }, amount: 1 }));
`;

const CODEGEN = `
import { AccountsService, ApiError, OpenAPI, TransfersService } from './codegen/index.js';

OpenAPI.BASE = process.env.BOON_URL ?? '';
OpenAPI.TOKEN = process.env.BOON_API_KEY ?? '';

async function give(amount: string, idempotencyKey: string): Promise<void> {
  try {
    const gift = await TransfersService.createTransfer({ idempotencyKey, requestBody: { ...${GIFT}, amount } });
    console.log(gift.status, typeof gift.claim_url, gift.amount);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    console.log(error.body.code, error.body.fix);
  }
}

void (async () => {
  await give('40', 'thank-you-4711');
  await give('40', 'thank-you-4711');
  await give('4000', 'thank-you-4712');
  const balance = await AccountsService.getBalance({ id: 'user_ada' });
  console.log(balance.available, balance.held);
})();

const body = (requestBody: Parameters<typeof TransfersService.createTransfer>[0]['requestBody']) => requestBody;
// @ts-expect-error: a misspelled field
body({ ...${GIFT}, amount: '1', mesage: 'x' });
// @ts-expect-error: a misspelled field of one form
body({ from: 'a', to: { acount_id: 'b' }, amount: '1' });
// @ts-expect-error: neither form
body({ from: 'a', to: { account_id: 'b' } });
// @ts-expect-error: a number where credits are a text
body({ from: 'a', to: { account_id: 'b' }, amount: 1 });
`;

let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await openTestServer();
  await seedAccount(server.ledger, 'user_ada', { credits: '1000' });
  folder = await mkdtemp(join(tmpdir(), 'boon-clients-'));
  await symlink(MODULES, join(folder, 'node_modules'));
  const { text } = await server.send('GET', '/openapi.json', { as: null });
  await write({
    'openapi.json': text,
    'tsconfig.json': JSON.stringify(COMPILER),
    'by-oazapfts.ts': OAZAPFTS,
    'by-codegen.ts': CODEGEN,
  });
  await Promise.all([
    run('oazapfts/dist/cli.js', 'openapi.json', 'oazapfts.ts'),
    run(
      'openapi-typescript-codegen/bin/index.js',
      ...'--input openapi.json --output codegen --useOptions --useUnionTypes'.split(' '),
    ),
  ]);
}, 60_000);
afterAll(async () => {
  await rm(folder, { recursive: true });
  await server.close();
});

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

async function run(module: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, BOON_URL: server.baseUrl, BOON_API_KEY: server.apiKey };
  const path = module.startsWith('.') ? join(folder, module) : join(MODULES, module);
  const { ok, output } = await runCommand(process.execPath, [path, ...args], { cwd: folder, env });
  expect(ok, output).toBe(true);
  return output;
}

test('two generated clients compile, do not take a misspelled field, and give as the README does', async () => {
  await run('typescript/bin/tsc', '-p', '.');
  const given = 'awaiting_claim string 40';
  const refused = 'gift_limit_exceeded Give at most what `detail` names.';
  for (const client of ['./out/by-oazapfts.js', './out/by-codegen.js']) {
    expect((await run(client)).trim().split('\n'), client).toEqual([given, given, refused, '960 40']);
  }
}, 60_000);
