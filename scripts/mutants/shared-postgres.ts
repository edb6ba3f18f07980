/** Instead of a server of their own, the test files of a mutant have the one that runs for all mutants. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('postgresUrl', process.env.MUTANT_POSTGRES ?? '');
  const scratch = await mkdtemp(join(tmpdir(), 'mutant-'));
  await chmod(scratch, 0o755);
  process.env.TMPDIR = scratch;
  return () => rm(scratch, { recursive: true, force: true });
}
