import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const MINUTES = 60_000;
const run = promisify(execFile);

let folder: string;
let project: string;

/** This Node first, as npm does it: the package needs the one that it is tested with. */
const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
/** The suite's own settings must not reach the project's test runners. */
for (const name of Object.keys(env)) {
  if (/^(VITEST|npm_|TEMPORAL_|NODE_ENV$|NODE_OPTIONS$|NODE_TEST_CONTEXT$|JEST_)/.test(name)) {
    Reflect.deleteProperty(env, name);
  }
}

/** One version of each, for what they do is being tested and not what they become. */
const OTHER_RUNNERS = ['jest@30.5.2', 'expect@30.5.2'];
const TOOLS = ['vitest', 'typescript', '@types/node'];
const VITEST = /^import \{ afterAll, beforeAll, expect, test \} from 'vitest';$/m;
const JEST = "import { afterAll, beforeAll, expect, test } from '@jest/globals';";
const NODE_TEST =
  "import { after as afterAll, before as beforeAll, test } from 'node:test';\nimport { expect } from 'expect';";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boon-package-'));
  project = join(folder, 'project');
  await mkdir(project);
  // Packing builds (prepack), as a release does.
  await run('npm', ['pack', '--pack-destination', project], { cwd: ROOT, env });
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'));
  await writeFile(
    join(project, 'package.json'),
    JSON.stringify({ name: 'shop', private: true, type: 'module' }),
  );
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`];
  await run('npm', [...install, ...OTHER_RUNNERS], { cwd: project, env });
  // Our own tools are found in the folder above: to install them once more would be a third of the work.
  await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of TOOLS) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
}, 8 * MINUTES);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the README’s tests, of the 24-hour settlement and of a month of a program, run in an empty project', {
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
  const { stderr } = await run(bin('jest'), [], {
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

test('a backend with client, contracts and harness type-checks, and so does the README’s code', {
  timeout: 2 * MINUTES,
}, async () => {
  // What is of the package `boon-client` is checked with that: client-package.test.ts.
  const blocks = codeBlocks(await readme()).filter((code) => !/'boon-client\b/.test(code));
  const sources = [BACKEND, ...blocks];
  const files = sources.map((_, i) => `backend-${i}.ts`);
  await Promise.all(sources.map((code, i) => writeFile(join(project, `backend-${i}.ts`), code)));
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable', 'dom'],
        types: ['node'],
        strict: true,
        noEmit: true,
        // Also what the package's declarations say is checked.
        skipLibCheck: false,
      },
      files,
    }),
  );
  const { stdout } = await run(tool('tsc'), ['-p', '.'], { cwd: project, env }).catch((error) => error);
  expect(complaintsAbout(stdout)).toEqual([]);
});

test('there is one copy of each of Temporal’s packages', async () => {
  const { stdout } = await run('npm', ['ls', '--all', '--parseable'], { cwd: project, env });
  const copies = stdout.split('\n').map((path) => path.replace(/^.*node_modules\//, ''));
  const temporal = copies.filter((name) => name.startsWith('@temporalio/'));
  expect(temporal).toContain('@temporalio/client');
  expect(temporal).toHaveLength(new Set(temporal).size);
});

test('a mistake in a call of the client is a type error', { timeout: 2 * MINUTES }, async () => {
  await writeFile(
    join(project, 'mistake.ts'),
    "import { BoonClient } from 'boon/client';\nconst boon = new BoonClient({ baseUrl: '', apiKey: '' });\nboon.transfers.create({ from: 'ada', to: { account_id: 'grace' }, amount: 40 });\n",
  );
  const args = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--skipLibCheck',
    'mistake.ts',
  ];
  const { stdout } = await run(tool('tsc'), args, { cwd: project, env }).catch((error) => error);
  expect(stdout).toMatch(
    /mistake\.ts\(3,\d+\): error TS2322: Type 'number' is not assignable to type 'string'/,
  );
});

test('the boon command is installed, tells its version and checks a policy', async () => {
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

/** The code blocks between the README's markers. */
async function harnessExamples(): Promise<string[]> {
  const parts = (await readme()).split(/<!-- \/?harness-example\b[^>]*-->/);
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

/** Errors in our code and declarations; other packages' declarations are theirs. */
function complaintsAbout(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .filter((line) => !line.includes('node_modules/') || line.includes('node_modules/boon/'));
}

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
