/** Every block of commands of the documentation is run, or says why not; and no output stands alone. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf, commandsOf, isCommands, looseOutputs, notRun } from '../support/docs/page.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGES = globSync(['README.md', 'docs/*.md', 'packages/*/README.md'], { cwd: ROOT }).sort();
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');

/** Languages of blocks that hold neither commands nor their output; TypeScript is run by tests of its own. */
const OTHERS = new Set(['ts', 'toml', 'mermaid', 'sql']);

test('the commands that are not run are those on the list, each with its reason', () => {
  const found = PAGES.flatMap((page) =>
    blocksOf(read(page)).flatMap((block) => {
      const why = notRun(block);
      return why === undefined ? [] : [[page, why] as const];
    }),
  );
  const counted: Record<string, Record<string, number>> = {};
  for (const [page, why] of found) {
    counted[page] ??= {};
    counted[page][why] = (counted[page][why] ?? 0) + 1;
  }
  expect(counted).toEqual(JSON.parse(read('test/project/docs-not-run.json')));
});

test.each(PAGES)('%s has no block that is neither run nor something else', (page) => {
  const unknown = blocksOf(read(page)).filter(
    (block) =>
      !isCommands(block) && !OTHERS.has(block.language) && !/^(json|http|text)$/.test(block.language),
  );
  expect(unknown.map(({ line, language }) => `line ${line}: "${language}"`)).toEqual([]);
  expect(looseOutputs(read(page)).map(({ line }) => `line ${line} shows the output of nothing`)).toEqual([]);
});

test('a page is read as its reader reads it', () => {
  const page = [
    '1. Do:',
    '   ```sh',
    '   one \\',
    '     two',
    '   ```',
    '   ```json',
    '   {}',
    '   ```',
    '<!-- not run: no reason -->',
    '```console',
    '$ three',
    '```',
    '```console',
    '$ four \\',
    '    five',
    'said',
    '',
    '$ six',
    '```',
  ].join('\n');
  expect(commandsOf(page).map(({ script, shown }) => [script, shown?.text])).toEqual([
    ['one \\\n  two', '{}'],
    ['four \\\n    five', 'said'],
    ['six', undefined],
  ]);
  expect(blocksOf(page).map(notRun)).toEqual([undefined, undefined, 'no reason', undefined]);
});
