/** `npm run simulate`: plays seeds by hand, on a PostgreSQL of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../src/local/postgres.ts';
import { putCluster, TEMPLATE } from '../../src/testing/prepared-cluster.ts';
import { run } from './run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '20000' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'boon-simulation-'));
await putCluster(folder);
const postgres = await startPostgres({
  dataDir: folder,
  settings: {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: 200,
    shared_buffers: '256MB',
  },
});
try {
  const begun = performance.now();
  const report = await run({
    adminUrl: postgres.url,
    template: TEMPLATE,
    seed: Number(values.seed),
    steps: Number(values.steps),
  });
  console.log(report.steps, 'steps', Math.round((performance.now() - begun) / 1000), 's');
  if (report.failure !== undefined) {
    console.log(
      report.failure.message,
      report.failure.steps,
      JSON.stringify(
        report.failure.script.steps.slice(Math.max(0, report.failure.steps - 3), report.failure.steps + 1),
        null,
        1,
      ),
    );
  }
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}
