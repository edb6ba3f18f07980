import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findJest } from '../support/jest.ts';

const ROOT = join(import.meta.dirname, '../..');
const MINUTES = 60_000;
const run = promisify(execFile);

let folder: string;
let project: string;
/** Holds what npm resolves for a project with the package: its lock file. */
let resolved: string;
/** The program of that name, which lies beside its packages. */
let jest: string;

/** This Node first, as npm does it: the package needs the one that it is tested with. */
const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
/** The suite's own settings must not reach the project's test runners. */
for (const name of Object.keys(env)) {
  if (/^(VITEST|npm_|TEMPORAL_|NODE_ENV$|NODE_OPTIONS$|NODE_TEST_CONTEXT$|JEST_)/.test(name)) {
    Reflect.deleteProperty(env, name);
  }
}
/** Faster for short programs, such as TypeScript's compiler: its memory is looked through less often. */
env.GOGC = '400';

const TOOLS = ['vitest', 'typescript', '@types/node'];
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund'];
const VITEST = /^import \{ afterAll, beforeAll, expect, test \} from 'vitest';$/m;
const JEST = "import { afterAll, beforeAll, expect, test } from '@jest/globals';";
const NODE_TEST =
  "import { after as afterAll, before as beforeAll, test } from 'node:test';\nimport { expect } from 'expect';";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-package-'));
  project = join(folder, 'project');
  await mkdir(project);
  // Packing builds (prepack), as a release does.
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, env });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  resolved = join(folder, 'resolved');
  await resolve(tarball);
  await install(tarball);
  jest = await findJest();
  const others = dirname(dirname(jest));
  const links = [
    ...(await dependencies()),
    ...TOOLS.map((name) => [name, join(ROOT, 'node_modules', name)] as const),
    ...['expect', '@jest/globals'].map((name) => [name, join(others, name)] as const),
  ];
  // In the folder above: to install once more what the repository has would be half of the work.
  for (const [name, target] of new Map(links)) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
}, 8 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a project with the package says of itself. */
function shopWith(tarball: string): object {
  return { name: 'shop', private: true, type: 'module', dependencies: { boon: `file:../${tarball}` } };
}

/** Has npm resolve what a project with the package gets, from the repository's own versions on. */
async function resolve(tarball: string): Promise<void> {
  const { packages } = await lockFile(ROOT);
  const known = Object.entries(packages).filter(([path]) => path !== '');
  const shop = shopWith(tarball);
  const lock = { name: 'shop', lockfileVersion: 3, packages: { '': shop, ...Object.fromEntries(known) } };
  await mkdir(resolved);
  await writeFile(join(resolved, 'package.json'), JSON.stringify(shop));
  await writeFile(join(resolved, 'package-lock.json'), JSON.stringify(lock));
  await run('npm', [...INSTALL, '--package-lock-only'], { cwd: resolved, env });
}

/** Has npm install the package alone: its dependencies are in the folder above. */
async function install(tarball: string): Promise<void> {
  const { packages } = await lockFile(resolved);
  const { dependencies: _, peerDependencies: __, ...boon } = packages['node_modules/boon'] ?? {};
  const shop = shopWith(tarball);
  const lock = { name: 'shop', lockfileVersion: 3, packages: { '': shop, 'node_modules/boon': boon } };
  await writeFile(join(project, 'package.json'), JSON.stringify(shop));
  await writeFile(join(project, 'package-lock.json'), JSON.stringify(lock));
  await run('npm', ['ci', ...INSTALL.slice(1)], { cwd: project, env });
}

/** The names of all packages that npm resolved, and where the repository has that version of them. */
async function dependencies(): Promise<(readonly [string, string])[]> {
  const [own, got] = await Promise.all([ROOT, resolved].map(lockFile));
  const others = Object.entries(got?.packages ?? {}).filter(
    ([path]) => !/^(node_modules\/boon)?$/.test(path),
  );
  const version = ([path, { version }]: [string, Locked]) => [path, version];
  expect(others.map(version)).toEqual(others.map(([path]) => version([path, own?.packages[path] ?? {}])));
  const paths = others.map(([path]) => path).filter((path) => path.lastIndexOf('node_modules/') === 0);
  return paths.map((path) => [path.replace('node_modules/', ''), join(ROOT, path)]);
}

type Locked = { version?: string; dependencies?: object; peerDependencies?: object };

async function lockFile(path: string): Promise<{ packages: Record<string, Locked> }> {
  return JSON.parse(await readFile(join(path, 'package-lock.json'), 'utf8'));
}

test('the tests of README and docs/testing-examples.md, of the 24-hour settlement and of a month of a program, run in an empty project', {
  timeout: 6 * MINUTES,
}, async () => {
  const examples = await harnessExamples();
  await mkdir(join(project, 'test'));
  await Promise.all(examples.map((code, i) => writeFile(join(project, `test/example-${i}.test.ts`), code)));
  const report = join(project, 'report.json');
  const once = ['run', '--no-file-parallelism', '--reporter=json', `--outputFile=${report}`];
  await run(tool('vitest'), once, { cwd: project, env });
  expect(JSON.parse(await readFile(report, 'utf8'))).toMatchObject({ success: true, numPassedTests: 2 });
});

test('the first of them runs in Jest, as an ES module', { timeout: 6 * MINUTES }, async () => {
  const code = stripTypeScriptTypes((await firstExample()).replace(VITEST, JEST));
  await writeFile(join(project, 'gift.test.mjs'), code);
  await writeFile(
    join(project, 'jest.config.mjs'),
    "export default { transform: {}, testMatch: ['**/*.test.mjs'] };",
  );
  const { stderr } = await run(jest, [], {
    cwd: project,
    env: { ...env, NODE_OPTIONS: '--experimental-vm-modules' },
  });
  expect(stderr).toMatch(/Tests: +1 passed, 1 total/);
  expect(stderr).not.toMatch(/did not exit|open handle|worker process has failed to exit/i);
});

test('and in node:test, as TypeScript', { timeout: 6 * MINUTES }, async () => {
  await writeFile(join(project, 'gift.test.ts'), (await firstExample()).replace(VITEST, NODE_TEST));
  const args = ['--test', '--test-reporter=tap', 'gift.test.ts'];
  const { stdout } = await run(process.execPath, args, { cwd: project, env });
  expect(stdout).toMatch(/^# pass 1$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});

test('a backend with client, contracts and harness type-checks, as the code of README and docs/testing.md does, and a mistake in a call of the client is a type error', {
  timeout: 2 * MINUTES,
}, async () => {
  expect(await complaints()).toEqual([
    expect.stringMatching(
      /^mistake\.ts\(3,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/,
    ),
  ]);
});

test('there is one copy of each of Temporal’s packages', async () => {
  const { stdout } = await run('npm', ['ls', '--package-lock-only', '--all', '--parseable'], {
    cwd: resolved,
    env,
  });
  const copies = stdout.split('\n').map((path) => path.replace(/^.*node_modules\//, ''));
  const temporal = copies.filter((name) => name.startsWith('@temporalio/'));
  expect(temporal).toContain('@temporalio/client');
  expect(temporal).toHaveLength(new Set(temporal).size);
});

test('the boon command is installed, shows its version and checks a policy', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  expect((await run(bin('boon'), ['--version'], { cwd: project, env })).stdout.trim()).toBe(version);
  await writeFile(join(project, 'policy.json'), '{"gifts":{"settlement":"PT1H"}}');
  const checked = await run(bin('boon'), ['policy', 'check', 'policy.json', '--json'], { cwd: project, env });
  expect(JSON.parse(checked.stdout).changes).toEqual([
    { path: 'gifts.settlement', shipped: '"PT24H"', here: '"PT1H"' },
  ]);
});

test('the package holds what it needs and no tests', async () => {
  const dist = join(project, 'node_modules/boon/dist');
  await access(join(dist, 'workflow-bundle.js'));
  await access(join(dist, 'ledger/migrations/001.do.policies.sql'));
  expect((await readdir(join(project, 'node_modules/boon'))).sort()).toEqual(
    expect.not.arrayContaining(['src', 'test']),
  );
});

function bin(name: string): string {
  return join(project, 'node_modules/.bin', name);
}

function tool(name: string): string {
  return join(ROOT, 'node_modules/.bin', name);
}

/** The code blocks between the markers, the README's first. */
async function harnessExamples(): Promise<string[]> {
  const month = await readFile(join(ROOT, 'docs/testing-examples.md'), 'utf8');
  const parts = `${await readme()}${month}`.split(/<!-- \/?harness-example -->/);
  const between = parts.filter((_, index) => index % 2 === 1);
  return between.flatMap(codeBlocks);
}

async function firstExample(): Promise<string> {
  const [code = ''] = await harnessExamples();
  expect(code).toMatch(VITEST);
  return code;
}

function readme(): Promise<string> {
  return readFile(join(ROOT, 'README.md'), 'utf8');
}

/** The TypeScript in a page. */
function codeBlocks(page: string): string[] {
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** What the compiler says of all code that is type-checked here. */
async function complaints(): Promise<string[]> {
  // What is of the package `boon-client` is checked with that: client-package.test.ts.
  const blocks = codeBlocks(await readme()).filter((code) => !/'boon-client\b/.test(code));
  const page = codeBlocks(await readFile(join(ROOT, 'docs/testing.md'), 'utf8')).join('\n');
  const sources = [BACKEND, ...blocks, page].map((code, i) => [`backend-${i}.ts`, code] as const);
  const files = new Map([...sources, ['mistake.ts', MISTAKE]]);
  for (const [name, code] of files) await writeFile(join(project, name), code);
  const options = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: {
      lib: ['es2024', 'esnext.disposable', 'esnext.error', 'dom'],
      // Also what the package's declarations say is checked.
      skipLibCheck: false,
      skipDefaultLibCheck: true,
    },
    files: [...files.keys()],
    include: [],
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(options));
  const { stdout } = await run(tool('tsc'), ['-p', '.', '--singleThreaded'], { cwd: project, env }).catch(
    (error) => error,
  );
  return complaintsAbout(stdout);
}

/** Errors in our code and declarations; other packages' declarations are theirs. */
function complaintsAbout(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .filter((line) => !line.includes('node_modules/') || line.includes('node_modules/boon/'));
}

const MISTAKE = `import { BoonClient } from 'boon/client';
const boon = new BoonClient({ baseUrl: '', apiKey: '' });
boon.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: 40 });
`;

const BACKEND = `
import { Client, WithStartWorkflowOperation } from '@temporalio/client';
import { type AnyBoonApiError, BoonClient, isBoonApiError } from 'boon/client';
import { acceptGiftUpdate, actOnGift, boonCodec, cancelGiftUpdate, GIFT_WORKFLOW, type GiftWorkflow, giftWorkflowId, holdGiftUpdate, TASK_QUEUE } from 'boon/contracts';
import { startBoon } from 'boon/testing';

const boon = new BoonClient({ baseUrl: 'http://localhost:8080', apiKey: 'key' });
const gift = await boon.transfers.create({ from: 'ada', to: { email: 'grace@example.com' }, amount: '12.5' });
const status: 'awaiting_claim' | 'pending' | 'held' | 'settled' | 'canceled' | 'expired' | 'rejected' | 'reversed' =
  gift.status;

const codec = boonCodec({ url: 'http://localhost:8080', apiKey: 'key' });
const temporal = new Client({ dataConverter: { payloadCodecs: [codec] } });
const startWorkflowOperation = new WithStartWorkflowOperation<GiftWorkflow>(GIFT_WORKFLOW, {
  workflowId: giftWorkflowId('gft_1'),
  taskQueue: TASK_QUEUE,
  args: [{ request: { from: 'ada', to: 'grace', amount: '1' } }],
  workflowIdConflictPolicy: 'FAIL',
});
const accepted = await temporal.workflow.executeUpdateWithStart(acceptGiftUpdate, { startWorkflowOperation });
const held: string = (await actOnGift({ client: temporal, WithStartWorkflowOperation }, gift.id, holdGiftUpdate, { reason: 'odd' })).status;
await actOnGift({ client: temporal, WithStartWorkflowOperation }, gift.id, cancelGiftUpdate);
// @ts-expect-error A hold needs a reason.
await actOnGift({ client: temporal, WithStartWorkflowOperation }, gift.id, holdGiftUpdate, {});

export function explain(error: unknown): string {
  if (!isBoonApiError(error)) return 'unknown';
  const known: AnyBoonApiError = error;
  switch (known.code) {
    case 'insufficient_credits':
      return known.fix;
    default:
      return known.message;
  }
}

export async function aDay(): Promise<string> {
  await using harness = await startBoon({ accounts: { ada: { credits: '1' } } });
  await harness.advance('24 hours');
  return \`\${(await harness.balance('ada')).available} \${status} \${accepted.id} \${held}\`;
}
`;
