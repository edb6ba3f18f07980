/** A newcomer's machine: Node, npm, Python 3 and the base tools, an empty home and an empty cache. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { executableOnPath } from '../../src/local/executable.ts';

/** What `.ci/run` leaves on the PATH besides Node, npm and Python. */
const BASE_TOOLS = join(import.meta.dirname, '../../.ci/base-tools');
/** Settings of the machine that have nothing to do with Boon, such as its mirrors and certificates, stay. */
const FOREIGN = /^(BOON_|TEMPORAL_|XDG_|GO|JAVA_|PYENV|PYTHON|VITEST|npm_|NODE_ENV$|DATABASE_URL$|PORT$)/;

/** The environment of such a machine; its home is removed after the test. */
export async function bareEnvironment(): Promise<NodeJS.ProcessEnv & { HOME: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'boon-bare-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [bin, HOME] = [join(folder, 'bin'), join(folder, 'home')];
  for (const made of [bin, HOME]) mkdirSync(made);
  for (const tool of readFileSync(BASE_TOOLS, 'utf8').trim().split('\n')) {
    const path = executableOnPath(process.env, tool);
    if (path !== undefined) symlinkSync(path, join(bin, tool));
  }
  for (const tool of ['node', 'npm']) {
    const path = executableOnPath(withoutOurModules(), tool);
    if (path === undefined) throw new Error(`There is no ${tool} on the PATH`);
    symlinkSync(await realpath(path), join(bin, tool));
  }
  // Not a shim that looks for the real one in the home that is no longer there.
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' });
  symlinkSync(python.trim(), join(bin, 'python3'));
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return { ...Object.fromEntries(kept), PATH: bin, HOME };
}

/** npm puts the project's own Node first on the PATH; a newcomer's terminal has the machine's. */
function withoutOurModules(): NodeJS.ProcessEnv {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  return { PATH: folders.join(':') };
}
