/** The README's first harness test as users of other test runners write it: only its import line differs. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const MINUTES = 60_000;
const run = promisify(execFile);

/** One version of each, for what they do is being tested and not what they become. */
const RUNNERS = ['jest@30.5.2', 'expect@30.5.2'];
const VITEST = /^import \{ afterAll, beforeAll, expect, test \} from 'vitest';$/m;
const JEST = "import { afterAll, beforeAll, expect, test } from '@jest/globals';";
const NODE_TEST =
  "import { after as afterAll, before as beforeAll, test } from 'node:test';\nimport { expect } from 'expect';";

/** This Node first, as npm does it; the suite's own settings must not reach the other runners. */
const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` };
for (const name of Object.keys(env)) {
  if (/^(VITEST|npm_|NODE_ENV$|NODE_OPTIONS$|NODE_TEST_CONTEXT$|JEST_)/.test(name)) {
    Reflect.deleteProperty(env, name);
  }
}

/** What packing needs of the checkout. */
const SOURCES = [
  'src',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'LICENSE',
];

let project: string;
let example: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'boon-runners-'));
  await pack(project);
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'));
  const manifest = { name: 'shop', private: true, type: 'module' };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest));
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`, ...RUNNERS];
  await run('npm', install, { cwd: project, env });
  example = await firstExample();
}, 8 * MINUTES);
afterAll(() => rm(project, { recursive: true, force: true }));

test('it runs in Jest, as an ES module', { timeout: 6 * MINUTES }, async () => {
  await writeFile(join(project, 'gift.test.mjs'), stripTypeScriptTypes(example.replace(VITEST, JEST)));
  await writeFile(
    join(project, 'jest.config.mjs'),
    "export default { transform: {}, testMatch: ['**/*.test.mjs'] };",
  );
  const { stderr } = await run(join(project, 'node_modules/.bin/jest'), [], {
    cwd: project,
    env: { ...env, NODE_OPTIONS: '--experimental-vm-modules' },
  });
  expect(stderr).toMatch(/Tests: +1 passed, 1 total/);
  expect(stderr).not.toMatch(/did not exit|open handle|worker process has failed to exit/i);
});

test('it runs in node:test, as TypeScript', { timeout: 6 * MINUTES }, async () => {
  await writeFile(join(project, 'gift.test.ts'), example.replace(VITEST, NODE_TEST));
  const args = ['--test', '--test-reporter=tap', 'gift.test.ts'];
  const { stdout } = await run(process.execPath, args, { cwd: project, env });
  expect(stdout).toMatch(/^# pass 1$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});

/** Packs a copy of the checkout: packing builds, and other tests that pack at the same time must not meet half a build. */
async function pack(destination: string): Promise<void> {
  const copy = await mkdtemp(join(tmpdir(), 'boon-packed-'));
  try {
    for (const name of SOURCES) await cp(join(ROOT, name), join(copy, name), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    await run('npm', ['pack', '--pack-destination', destination], { cwd: copy, env });
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** The code between the README's first pair of markers. */
async function firstExample(): Promise<string> {
  const page = await readFile(join(ROOT, 'README.md'), 'utf8');
  const code = /<!-- harness-example -->\n```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  expect(code).toMatch(VITEST);
  return code;
}
