import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const WIDTH = 120;

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  ...['docs', 'docs/adr'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
];

/** Lines of prose that are too wide, by number. A table's row, a link by itself and code are as wide as they must be. */
function tooWide(page: string): string[] {
  let code = false;
  return page.split('\n').flatMap((line, at) => {
    const fence = /^\s*```/.test(line);
    if (fence) code = !code;
    const exempt = fence || code || /^\s*\||^ {4}\S|^\s*(?:[-*] )?!?\[[^\]]*\]\([^)]*\)$/.test(line);
    return exempt || line.length <= WIDTH ? [] : [`${at + 1}: ${line}`];
  });
}

test.each(PAGES)(`%s has no line of prose over ${WIDTH} columns`, (name) => {
  expect(tooWide(readFileSync(join(ROOT, name), 'utf8'))).toEqual([]);
});

test('a wide line of prose is found, and a wide row, link or line of code is not', () => {
  const wide = 'word '.repeat(40).trim();
  const page = [wide, `| ${wide} |`, `![${wide}](picture.png)`, '```', wide, '```', `- ${wide}`].join('\n');
  expect(tooWide(page).map((line) => line.split(':')[0])).toEqual(['1', '7']);
});
