/** `boon-client` as a backend installs it: on Node 20, as an ES module and as CommonJS, alone and beside an older Temporal. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPayloadCodec, payloadKeys } from '../../src/temporal/payload-codec.ts';
import { type GiftRig, giftRig } from '../support/gift-rig.ts';
import { devNamespace } from '../support/temporal-server.ts';
import { newGiftId } from '../support/test-ledger.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const PACKAGE = join(ROOT, 'packages/client');
const MINUTES = 60_000;
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
const TYPES = [
  ...['--strict', '--target', 'es2022', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')],
  // Also what the packages' declarations say is checked; what TypeScript's own say need not be.
  ...['--skipLibCheck', 'false', '--skipDefaultLibCheck'],
];
const run = promisify(execFile);

/** The suite's own settings must not reach the projects. */
const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
for (const name of Object.keys(env)) {
  if (name.startsWith('VITEST') || name.startsWith('npm_') || name === 'NODE_ENV')
    Reflect.deleteProperty(env, name);
}
/** Faster for short programs, such as TypeScript's compiler: its memory is looked through less often. */
env.GOGC = '400';

let folder: string;
let tarball: string;
let node20: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'boon-client-')));
  // Packing builds (prepack), as a release does.
  await run('npm', ['pack', '--pack-destination', folder, PACKAGE], { cwd: folder, env });
  tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '');
  node20 = await findNode20();
}, 5 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The machine's own, or one from the registry. */
async function findNode20(): Promise<string> {
  const folders = new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']);
  for (const place of folders) {
    const found = await run(join(place, 'node'), ['--version']).catch(() => undefined);
    if (found?.stdout.startsWith('v20.')) return join(place, 'node');
  }
  const name = `node-${process.platform}-${process.arch}`;
  await run('npm', [...INSTALL, '--prefix', join(folder, 'node20'), `${name}@20`], { cwd: folder, env });
  return join(folder, 'node20/node_modules', name, 'bin/node');
}

/** A project with these packages in it. */
async function project(name: string, packages: string[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  await writeFile(join(path, 'package.json'), JSON.stringify({ name, private: true }));
  await run('npm', [...INSTALL, ...packages], { cwd: path, env });
  return path;
}

/** Runs the repository's compiler, in one thread, or this one; resolves with what it finds in our code and declarations. */
async function compile(path: string, args: string[], compiler?: string): Promise<string[]> {
  const own = [join(ROOT, 'node_modules/.bin/tsc'), '--singleThreaded'];
  const [tsc = '', ...options] = compiler === undefined ? own : [compiler];
  const { stdout } = await run(tsc, [...options, ...TYPES, ...args], { cwd: path, env }).catch(
    (error) => error,
  );
  // Temporal’s declarations, which are checked along with ours, have faults of their own.
  return String(stdout)
    .split('\n')
    .filter((line) => line.includes('error TS') && !/^\S*node_modules\/(?!boon-client\/)/.test(line));
}

async function runOn20(path: string, file: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await run(node20, [join(path, file), ...args], { cwd: path, env });
  return JSON.parse(stdout);
}

/** The names of all packages in a project, one for each copy; rejects when npm finds fault with them. */
async function packagesIn(path: string): Promise<string[]> {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: path, env });
  const copies = stdout.split('\n').filter((line) => line.includes('node_modules'));
  return copies.map((copy) => copy.replace(/^.*node_modules\//, ''));
}

/** Size of a folder with everything in it, in bytes. */
async function sizeOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(path, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe('alone', () => {
  let path: string;
  let server: TestServer;
  beforeAll(async () => {
    path = await project('http', [tarball]);
    server = await openTestServer();
  }, 5 * MINUTES);
  afterAll(() => server.close());

  test('it is the only package that is installed, and small', async () => {
    const installed = await readdir(join(path, 'node_modules'));
    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['boon-client']);
    expect(await sizeOf(join(path, 'node_modules'))).toBeLessThan(1_500_000);
    expect((await readdir(join(path, 'node_modules/boon-client'))).sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist',
      'package.json',
    ]);
  });

  test.each(['node16', 'nodenext'])(
    'under %s it type-checks, as an ES module and as CommonJS, and runs on Node 20',
    {
      timeout: 2 * MINUTES,
    },
    async (module) => {
      await Promise.all(['mts', 'cts'].map((kind) => writeFile(join(path, `shop.${kind}`), SHOP)));
      expect(await compile(path, ['--module', module, 'shop.mts', 'shop.cts'])).toEqual([]);
      for (const file of ['shop.mjs', 'shop.cjs']) {
        expect(await runOn20(path, file, server.baseUrl, server.apiKey)).toEqual({
          available: '7',
          refused: 'not_found',
          fix: 'Check the id or the name; an end user sees only what belongs to them.',
        });
      }
    },
  );

  test('a mistake in a call is a type error', async () => {
    await writeFile(join(path, 'mistake.mts'), MISTAKE);
    const args = ['--noEmit', '--skipLibCheck', 'true', '--module', 'nodenext', 'mistake.mts'];
    expect(await compile(path, args)).toEqual([
      expect.stringMatching(
        /^mistake\.mts\(3,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/,
      ),
    ]);
  });

  test('its declarations say nothing of zod', async () => {
    const dist = join(path, 'node_modules/boon-client/dist');
    const names = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.d.ts'));
    const texts = await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')));
    expect(names.length).toBeGreaterThan(50);
    expect(texts.filter((text) => /['"]zod['"]|\.ts['"]/.test(text))).toEqual([]);
  });

  test('an error of the CommonJS copy is recognised by the ES module, and the other way round', async () => {
    await writeFile(join(path, 'copies.mjs'), COPIES);
    expect(await runOn20(path, 'copies.mjs')).toEqual({ copies: 2, told: [true, true, true, true] });
  });

  test('it is of one version with boon', async () => {
    const [own, boon] = await Promise.all(
      [PACKAGE, ROOT].map(async (at) => JSON.parse(await readFile(join(at, 'package.json'), 'utf8'))),
    );
    expect(own.version).toBe(boon.version);
    expect(own.dependencies).toBeUndefined();
  });
});

describe('beside the oldest Temporal client that it allows', () => {
  let path: string;
  let rig: GiftRig;
  let server: TestServer;
  beforeAll(async () => {
    const { peerDependencies } = JSON.parse(await readFile(join(PACKAGE, 'package.json'), 'utf8'));
    const oldest = peerDependencies['@temporalio/client'].replace('^', '');
    path = await project('temporal', [`@temporalio/client@${oldest}`, 'typescript@5.4', tarball]);
    const { version } = JSON.parse(
      await readFile(join(path, 'node_modules/@temporalio/client/package.json'), 'utf8'),
    );
    expect(version).toBe(oldest);
    rig = await giftRig(await devNamespace());
    await rig.seed('ada', '100');
    await rig.seed('grace');
    const keys = payloadKeys(rig.own.encryptionKey, []);
    const payloads = createPayloadCodec({ encryption: 'personal', keys });
    server = await openTestServer({ ledger: rig.own, parts: { codec: { payloads, uiOrigins: [] } } });
  }, 8 * MINUTES);
  afterAll(async () => {
    await server.close();
    await rig.close();
  });

  test('there is one copy of each of Temporal’s packages, and none of a server’s', async () => {
    const names = await packagesIn(path);
    expect(names.filter((name) => name === '@temporalio/client')).toHaveLength(1);
    expect(names.filter((name) => name === '@temporalio/common')).toHaveLength(1);
    const servers = [
      'pg',
      'fastify',
      'zod',
      ...['worker', 'core-bridge', 'testing'].map((n) => `@temporalio/${n}`),
    ];
    expect(names.filter((name) => servers.includes(name))).toEqual([]);
  });

  test('the contracts type-check, for compilers of its time too, and the code of the READMEs and of docs/api.md does', {
    timeout: 4 * MINUTES,
  }, async () => {
    const pages = ['packages/client/README.md', 'README.md', 'docs/api.md'];
    const texts = await Promise.all(pages.map((page) => readFile(join(ROOT, page), 'utf8')));
    const found = texts.join('\n').matchAll(/```ts\n((?:(?!```)[\s\S])*?'boon-client\b[\s\S]*?)```/g);
    const blocks = [...found].map(([, code = '']) => code);
    expect(blocks).toHaveLength(4);
    await Promise.all(blocks.map((code, i) => writeFile(join(path, `readme-${i}.mts`), code)));
    await Promise.all(['mts', 'cts', 'ts'].map((kind) => writeFile(join(path, `backend.${kind}`), BACKEND)));
    const files = ['backend.mts', 'backend.cts', ...blocks.map((_, i) => `readme-${i}.mts`)];
    for (const module of ['node16', 'nodenext']) {
      expect(await compile(path, ['--noEmit', '--module', module, ...files])).toEqual([]);
    }
    // An older compiler takes half a minute for Temporal's declarations: here it looks at the backend only.
    const older = join(path, 'node_modules/.bin/tsc');
    const quick = ['--noEmit', '--skipLibCheck', 'true'];
    expect(await compile(path, [...quick, '--module', 'node16', ...files], older)).toEqual([]);
    // How many a CommonJS backend is set up, without the types of a browser.
    const common = [
      '--module',
      'commonjs',
      '--moduleResolution',
      'node10',
      '--esModuleInterop',
      '--lib',
      'es2022',
    ];
    expect(await compile(path, [...quick, ...common, 'backend.ts'], older)).toEqual([]);
  });

  test.each(['mts', 'cts'])(
    'a backend (.%s) starts a gift with a message, holds it with a reason and reads the answers, on Node 20',
    {
      timeout: 3 * MINUTES,
    },
    async (kind) => {
      await writeFile(join(path, `backend.${kind}`), BACKEND);
      const built = ['--skipLibCheck', 'true', '--module', 'node16', `backend.${kind}`];
      expect(await compile(path, built)).toEqual([]);
      const id = newGiftId();
      const file = `backend.${kind.replace('ts', 'js')}`;
      const { address, client } = rig.temporal;
      const { namespace } = client.options;
      expect(await runOn20(path, file, address, namespace, server.baseUrl, server.apiKey, id)).toEqual({
        wrongKey: ['unauthorized', 'encode'],
        held: { status: 'held', reason: 'looks like resale', message: 'Thank you!' },
        result: { status: 'rejected' },
      });
      expect(await rig.ledger.findGift(id)).toMatchObject({ status: 'rejected', message: 'Thank you!' });
    },
  );
});

/** Valid both as an ES module and as CommonJS. */
const SHOP = `
import { type Balance, BoonClient, isBoonApiError } from 'boon-client';

async function main([baseUrl = '', apiKey = '']: string[]): Promise<object> {
  const boon = new BoonClient({ baseUrl, apiKey });
  await boon.accounts.put('ada', { plan: 'plus' });
  const key = { idempotencyKey: 'seed' };
  await boon.grants.create({ account_id: 'ada', amount: '7', source: 'purchased', reason: 'seed' }, key);
  const balance: Balance = await boon.accounts.balance('ada');
  const refused = await boon.accounts.balance('nobody').catch((error: unknown) => error);
  if (!isBoonApiError(refused)) throw refused;
  const { available } = balance;
  return { available, refused: refused.code, fix: refused.fix };
}
main(process.argv.slice(2)).then((told) => console.log(JSON.stringify(told)));
`;

const MISTAKE = `import { BoonClient } from 'boon-client';
const boon = new BoonClient({ baseUrl: '', apiKey: '' });
boon.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: 40 });
`;

const COPIES = `
import { createRequire } from 'node:module';
import * as esm from 'boon-client';
import * as esmContracts from 'boon-client/contracts';
const require = createRequire(import.meta.url);
const cjs = require('boon-client');
const cjsContracts = require('boon-client/contracts');
const init = { code: 'not_found', detail: 'd', status: 404 };
const told = [
  esm.isBoonApiError(new cjs.BoonApiError(init)),
  cjs.isBoonApiError(new esm.BoonApiError(init)),
  esmContracts.isBoonCodecError(new cjsContracts.BoonCodecError('encode', 'timeout', 'd')),
  cjsContracts.isBoonCodecError(new esmContracts.BoonCodecError('encode', 'timeout', 'd')),
];
console.log(JSON.stringify({ copies: new Set([esm.BoonApiError, cjs.BoonApiError]).size, told }));
`;

const BACKEND = `
import { Client, Connection } from '@temporalio/client';
import {
  BILLING_CYCLE_WORKFLOW, type BillingCycleInput, type BillingCycleResult, type BillingCycleWorkflow,
  billingCycleWorkflowId, BOON_ACCOUNT, boonCodec, codecErrorOf, type Gift, GIFT_WORKFLOW, giftStatusQuery,
  type GiftWorkflow, giftWorkflowId, holdGiftUpdate, type Invoice, type InvoiceLine, type Purchase,
  PURCHASE_WORKFLOW, type PurchaseInput, type PurchaseResult, purchaseChangedSignal, purchaseStatusQuery,
  type PurchaseWorkflow, purchaseWorkflowId, type Refund, REFUND_WORKFLOW, type RefundInput, type RefundResult,
  refundChangedSignal, refundStatusQuery, type RefundWorkflow, refundWorkflowId, rejectGiftUpdate, TASK_QUEUE,
} from 'boon-client/contracts';

async function main([address = '', namespace = '', url = '', apiKey = '', id = '']: string[]): Promise<object> {
  const connection = await Connection.connect({ address });
  const clientWith = (key: string) =>
    new Client({ connection, namespace, dataConverter: { payloadCodecs: [boonCodec({ url, apiKey: key })] } });
  const start = (client: Client) =>
    client.workflow.start<GiftWorkflow>(GIFT_WORKFLOW, {
      workflowId: giftWorkflowId(id),
      taskQueue: TASK_QUEUE,
      args: [{ request: { from: 'ada', to: 'grace', amount: '1', message: 'Thank you!' } }],
    });
  const refused = codecErrorOf(await start(clientWith('boon_sk_wrong')).catch((error: unknown) => error));
  const gift = await start(clientWith(apiKey));
  while ((await gift.query(giftStatusQuery)) === null) await new Promise((resolve) => setTimeout(resolve, 50));
  const held: Gift = await gift.executeUpdate(holdGiftUpdate, { args: [{ reason: 'looks like resale' }] });
  await gift.executeUpdate(rejectGiftUpdate, { args: [{ reason: 'it was' }] });
  const result = await gift.result();
  await connection.close();
  const { status, reason, message } = held;
  return { wrongKey: [refused?.fault, refused?.direction], held: { status, reason, message }, result };
}
main(process.argv.slice(2)).then((told) => console.log(JSON.stringify(told)));

export async function others(client: Client): Promise<unknown> {
  const purchase = client.workflow.getHandle<PurchaseWorkflow>(purchaseWorkflowId('pur_1'));
  const paid: 'open' | 'paid' | 'expired' | 'failed' | 'refunded' = (await purchase.query(purchaseStatusQuery)).status;
  await purchase.signal(purchaseChangedSignal, { status: 'paid', reason_code: null });
  const bought: PurchaseResult = await purchase.result();
  const refund = client.workflow.getHandle<RefundWorkflow>(refundWorkflowId('rfd_1'));
  const amount: number = (await refund.query(refundStatusQuery)).amount;
  await refund.signal(refundChangedSignal, { status: 'failed', reason_code: 'declined' });
  const back: RefundResult = await refund.result();
  const input: BillingCycleInput = { account_id: 'org', month: '2026-02-28', ends_at: '2026-03-28T00:00:00.000Z' };
  const cycle = await client.workflow.start<BillingCycleWorkflow>(BILLING_CYCLE_WORKFLOW, {
    workflowId: billingCycleWorkflowId('org', '2026-02-28'),
    taskQueue: TASK_QUEUE,
    args: [input],
  });
  const invoiced: BillingCycleResult = await cycle.result();
  // @ts-expect-error A hold needs a reason.
  await client.workflow.getHandle('gift/gft_1').executeUpdate(holdGiftUpdate, { args: [{}] });
  return [paid, bought, amount, back, invoiced, PURCHASE_WORKFLOW, REFUND_WORKFLOW, BOON_ACCOUNT.name];
}
export type Met = [Invoice, InvoiceLine, Purchase, PurchaseInput, Refund, RefundInput];
`;
