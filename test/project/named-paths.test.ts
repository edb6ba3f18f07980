import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = globSync(
  ['*.md', 'docs/**/*.md', 'packages/*/README.md', 'src/**/README.md', 'test/**/README.md'],
  { cwd: ROOT },
).filter((document) => document !== 'CHANGELOG.md');

/** Those with a placeholder (`src/ledger/<noun>/sql`, `NNN.do.noun.sql`) name no file. */
const PATHS = /\b(?:src|test|scripts|bench)\/[\w./{},*<>-]*/g;
const PLACEHOLDER = /[<>]|NNN/;

function pathsIn(document: string): string[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  return [...new Set(text.match(PATHS) ?? [])]
    .map((path) => path.replace(/[.,/]+$/, ''))
    .filter((path) => !PLACEHOLDER.test(path));
}

test.each(DOCUMENTS)('every file that %s names is there', (document) => {
  expect(pathsIn(document).filter((path) => globSync(path, { cwd: ROOT }).length === 0)).toEqual([]);
});

test('documents that name files are looked at', () => {
  expect(pathsIn('CONTRIBUTING.md')).toContain('src/contracts/errors.ts');
});
