import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../../src/local/cache-folder.ts';
import { inTurn } from '../../../src/local/claim.ts';
import { executableNamedBy, executableOnPath, isExecutable } from '../../../src/local/executable.ts';
import { inFetchFolder, type Machine, makeFolder, thisMachine } from '../../../src/local/machine.ts';
import { type Progress, silent, withElapsed } from '../../../src/local/progress.ts';
import { lastLine } from '../../../src/local/run-command.ts';
import { LocalSetupError } from '../../../src/local/setup-error.ts';

/** The version that docker-compose.yml runs. */
const TEMPORAL_SERVER_VERSION = '1.31.2';

type Binary = { name: string; setting: string; goPackage: string };

const SERVER: Binary = {
  name: 'temporal-server',
  setting: 'BOON_TEMPORAL_SERVER',
  goPackage: 'go.temporal.io/server/cmd/server',
};
const SQL_TOOL: Binary = {
  name: 'temporal-sql-tool',
  setting: 'BOON_TEMPORAL_SQL_TOOL',
  goPackage: 'go.temporal.io/server/cmd/tools/sql',
};

/**
 * Finds the production Temporal server and the tool that makes its schema, as they are in the images that
 * docker-compose.yml runs.
 *
 * Each in this order: its setting (`BOON_TEMPORAL_SERVER`, `BOON_TEMPORAL_SQL_TOOL`); the PATH; Boon's cache; a build
 * with Go, about 4 minutes for both, once a machine.
 *
 * @throws LocalSetupError when one cannot be had; the message holds the command that gets it
 */
export async function findProductionTemporal(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<{ server: string; sqlTool: string }> {
  return { server: await find(SERVER, progress, machine), sqlTool: await find(SQL_TOOL, progress, machine) };
}

async function find(binary: Binary, progress: Progress, machine: Machine): Promise<string> {
  const { env } = machine;
  const installed = executableNamedBy(env, binary.setting) ?? executableOnPath(env, binary.name);
  if (installed !== undefined) return installed;
  const cached = join(cacheFolder(env), 'bin', `${binary.name}-${TEMPORAL_SERVER_VERSION}`);
  if (isExecutable(cached)) return cached;
  await makeFolder(dirname(cached), 'BOON_CACHE_DIR');
  return inTurn(`${cached}.claim`, progress, `it is building ${binary.name}`, async () => {
    if (!isExecutable(cached)) {
      await inFetchFolder(env, async (folder) =>
        rename(await build(binary, folder, progress, machine), cached),
      );
    }
    return cached;
  });
}

async function build(
  { name, goPackage, setting }: Binary,
  folder: string,
  progress: Progress,
  { env, run }: Machine,
): Promise<string> {
  const args = ['install', `${goPackage}@v${TEMPORAL_SERVER_VERSION}`];
  const command = `go ${args.join(' ')}`;
  if (executableOnPath(env, 'go') === undefined) {
    throw new LocalSetupError(
      `No ${name} is installed: install Go and run \`${command}\`, or set ${setting} to where it is`,
    );
  }
  const built = await withElapsed(progress, `Building ${name} with Go (some minutes, once)`, () =>
    run('go', args, { env: { ...env, GOBIN: folder } }),
  );
  const binary = join(folder, goPackage.slice(goPackage.lastIndexOf('/') + 1));
  if (built.ok && isExecutable(binary)) return binary;
  throw new LocalSetupError(
    `Go could not build ${name} (${lastLine(built.output)}): run \`${command}\` to see why`,
  );
}
