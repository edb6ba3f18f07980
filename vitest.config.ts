import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Real servers on two cores: files side by side, tests in a file one after the other. Five more than there
    // are cores use what is left free while others wait.
    pool: 'forks',
    maxWorkers: 7,
    // Each file has databases, servers and folders of its own; to load all modules anew for it took a third of the CPU.
    isolate: false,
    // Node runs the sources as it does in production, by stripping types; nothing here needs a module to be replaced,
    // so that Vitest's own loader is not asked for each.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/slowest-files.ts'],
    testTimeout: 180_000,
    hookTimeout: 240_000,
    teardownTimeout: 30_000,
  },
});
