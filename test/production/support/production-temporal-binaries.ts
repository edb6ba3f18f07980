import { dirname, join } from 'node:path';
import { cacheFolder } from '../../../src/local/cache-folder.ts';
import { executableNamedBy, executableOnPath } from '../../../src/local/executable.ts';
import { fetchOnce } from '../../../src/local/fetch-once.ts';
import { type Machine, thisMachine } from '../../../src/local/machine.ts';
import { type Progress, silent } from '../../../src/local/progress.ts';
import { builtWithGo } from '../../support/go.ts';

/** The version that docker-compose.yml runs. */
const VERSION = '1.31.2';

/**
 * Finds the production Temporal server and the tool that makes its schema, as they are in the images that
 * docker-compose.yml runs.
 *
 * Each in this order: its setting (`BOON_TEMPORAL_SERVER`, `BOON_TEMPORAL_SQL_TOOL`); the PATH; Boon's cache; a build
 * of both with Go, some minutes, once a machine.
 *
 * @throws LocalSetupError when one cannot be had; the message says what gets it
 */
export async function findProductionTemporal(
  progress: Progress = silent,
  machine: Machine = thisMachine,
): Promise<{ server: string; sqlTool: string }> {
  const { env } = machine;
  const installed = (setting: string, name: string) =>
    executableNamedBy(env, setting) ?? executableOnPath(env, name);
  const server = installed('BOON_TEMPORAL_SERVER', 'temporal-server');
  const sqlTool = installed('BOON_TEMPORAL_SQL_TOOL', 'temporal-sql-tool');
  if (server !== undefined && sqlTool !== undefined) return { server, sqlTool };
  const built = dirname(await buildBoth(progress, machine));
  return { server: server ?? join(built, 'server'), sqlTool: sqlTool ?? join(built, 'sql') };
}

function buildBoth(progress: Progress, machine: Machine): Promise<string> {
  const packages = ['server', 'tools/sql'].map((name) => `go.temporal.io/server/cmd/${name}@v${VERSION}`);
  const into = join(cacheFolder(machine.env), `temporal-server-${VERSION}`);
  const source = { into, executable: 'server', fetch: builtWithGo(packages, 'Temporal’s production server') };
  return fetchOnce(
    {
      what: 'Temporal’s production server',
      sources: [source],
      remedy: 'set BOON_TEMPORAL_SERVER and BOON_TEMPORAL_SQL_TOOL to where they are',
    },
    progress,
    machine,
  );
}
