/** What mutants run on: a copy of the project in which a fault can be written, and a PostgreSQL that stays. */
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '../../src/ledger/postgres/migrate.ts';
import { createDatabase, dropDatabase, startPostgres } from '../../src/local/postgres.ts';
import { scratchFolderOfRun } from '../../test/support/memory-folder.ts';
import { TEMPLATE_DATABASE } from '../../test/support/suite.ts';
import { withClient } from './functions.ts';

const PROJECT = join(import.meta.dirname, '../..');
/** The migrated database as it is, of which a mutant's is a copy. */
const SOUND_DATABASE = 'boon_sound';

export type TestRun = {
  passed: boolean;
  timedOut: boolean;
  output: string;
};

export type MutantServers = {
  /** The copy of the project. */
  folder: string;
  /** The database with the functions as they are. */
  soundUrl: string;
  /** Makes the database that the tests' are copies of anew, with statements run in it. */
  prepare: (statements: readonly string[]) => Promise<void>;
  /** Runs test files one after the other, until one fails or nothing was heard for so many seconds. */
  run: (
    files: readonly string[],
    options: { seconds: number; env?: NodeJS.ProcessEnv; bail?: boolean; named?: string },
  ) => Promise<TestRun>;
  stop: () => Promise<void>;
};

export async function startMutantServers(): Promise<MutantServers> {
  const scratch = scratchFolderOfRun();
  const folder = join(scratch, 'project');
  await mkdir(folder);
  for (const part of ['src', 'test', 'scripts', 'bench', 'package.json', 'tsconfig.json', 'docs'])
    await cp(join(PROJECT, part), join(folder, part), {
      recursive: true,
      filter: (path) => !path.includes('/histories'),
    });
  await symlink(realpathSync(join(PROJECT, 'node_modules')), join(folder, 'node_modules'));
  const postgres = await startPostgres({
    dataDir: await mkdtemp(join(scratch, 'postgres-')),
    settings: {
      fsync: 'off',
      max_connections: 100,
      shared_buffers: '128MB',
      track_functions: 'all',
      statement_timeout: '60s',
    },
  });
  const soundUrl = await createDatabase(postgres.url, SOUND_DATABASE);
  await migrate(soundUrl);
  return {
    folder,
    soundUrl,
    async prepare(statements) {
      await dropDatabase(postgres.url, TEMPLATE_DATABASE);
      const url = await createDatabase(postgres.url, TEMPLATE_DATABASE, { template: SOUND_DATABASE });
      await withClient(url, async (client) => {
        for (const statement of statements) await client.query(statement);
      });
    },
    run: (files, options) => runFiles(folder, postgres.url, files, options),
    async stop() {
      await postgres.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function runFiles(
  folder: string,
  postgresUrl: string,
  files: readonly string[],
  {
    seconds,
    env = {},
    bail = true,
    named,
  }: { seconds: number; env?: NodeJS.ProcessEnv; bail?: boolean; named?: string },
): Promise<TestRun> {
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const args = ['run', '--config', 'scripts/mutants/vitest.config.ts', '--reporter', 'dot', '--no-color'];
  const child = spawn(
    process.execPath,
    [
      vitest,
      ...args,
      ...(bail ? ['--bail', '1'] : []),
      ...(named === undefined ? [] : ['-t', named]),
      ...files,
    ],
    {
      cwd: folder,
      // A group of its own, so that what it started ends with it.
      detached: true,
      env: {
        ...process.env,
        // What is loaded is the same each time, but for the fault.
        NODE_COMPILE_CACHE: join(folder, '.compiled'),
        ...env,
        MUTANT_POSTGRES: postgresUrl,
        MUTANT_TEST_FILES: files.join(','),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  let timedOut = false;
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, seconds * 1000);
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      timer.refresh();
    });
  }
  process.once('exit', end);
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  process.off('exit', end);
  clearTimeout(timer);
  return { passed: code === 0, timedOut, output };
}
