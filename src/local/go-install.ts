import { basename, join } from 'node:path';
import { executableOnPath, isExecutable } from './executable.ts';
import { type Fetch, fetching } from './fetch-once.ts';
import { lastLine } from './run-command.ts';

/**
 * Builds a command with the Go that is on the PATH.
 *
 * @param target package and version, as `go install` takes them: `example.com/cmd/thing@v1.2.3`
 * @param what names it, for the person who waits: `the Temporal server`
 */
export function goInstall(target: string, what: string): Fetch {
  return async (folder, progress, { env, run }) => {
    if (executableOnPath(env, 'go') === undefined) return { reason: 'Go is not installed' };
    return await fetching(progress, `Building ${what} with Go (some minutes, once)`, async () => {
      const { ok, output } = await run('go', ['install', target], { env: { ...env, GOBIN: folder } });
      const path = join(folder, basename(target.replace(/@.*$/, '')));
      if (ok && isExecutable(path)) return { path };
      return { reason: `\`go install ${target}\` failed: ${lastLine(output)}` };
    });
  };
}
