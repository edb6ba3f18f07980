import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

type Entry = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };

test('the lock file has every platform’s packages, so that npm ci takes it everywhere (scripts/complete-lockfile.ts)', async () => {
  const { packages }: { packages: Record<string, Entry> } = JSON.parse(
    await readFile(join(ROOT, 'package-lock.json'), 'utf8'),
  );
  const missing = Object.values(packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
  expect(missing).toEqual([]);
});
