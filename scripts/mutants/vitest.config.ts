/** For runs of a few test files against a PostgreSQL that is there already, in the order in which they are told. */
import { join, relative } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const root = join(import.meta.dirname, '../..');
const order = (process.env.MUTANT_TEST_FILES ?? '').split(',');
const place = ({ moduleId }: TestSpecification) => order.indexOf(relative(root, moduleId));

class AsTold extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.sort((one, other) => place(one) - place(other));
  }
}

export default defineConfig({
  root,
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: [join(import.meta.dirname, 'shared-postgres.ts')],
    setupFiles: process.env.MUTANT_CALLS ? [join(import.meta.dirname, 'watch-calls.ts')] : [],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    experimental: { viteModuleRunner: false },
    sequence: { sequencer: AsTold },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
  },
});
