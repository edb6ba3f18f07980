import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { todaysWords } from '../../src/cli/earlier-names.ts';
import { forAll, program } from '../../src/cli/program.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = ['*.md', 'docs/**/*.md', 'src/**/*.ts', 'src/**/*.md', 'deploy/**/*', 'packages/*/README.md'];
/** Where names of before are listed as that. */
const OF_BEFORE = ['docs/renamed.md', 'docs/cli.md', 'src/cli/earlier-names.ts', 'CHANGELOG.md'];

test('every command that a page or a message names is there, by its name of today', async () => {
  const names = new Set<string>();
  forAll(await program({ env: {}, print: () => {}, note: () => {} }), (_, name) => names.add(name));
  const wrong = globSync(FILES, { cwd: ROOT })
    .filter((file) => !OF_BEFORE.includes(file) && /\.\w+$/.test(file))
    .flatMap((file) => namedIn(readFileSync(join(ROOT, file), 'utf8')).map((words) => [file, words] as const))
    .filter(([, words]) => todaysWords(words).join(' ') !== words.join(' ') || !isKnown(names, words));
  expect(wrong.map(([file, words]) => `${file}: boon ${words.join(' ')}`)).toEqual([]);
});

/** A noun is known, and with a verb behind it both together. */
function isKnown(names: ReadonlySet<string>, [noun = '', verb]: readonly string[]): boolean {
  const hasVerbs = [...names].some((name) => name.startsWith(`${noun} `));
  return names.has(noun) && (verb === undefined || !hasVerbs || names.has(`${noun} ${verb}`));
}

/** The first words of commands in code: what follows is an argument, an option or the end. */
function namedIn(text: string): string[][] {
  const commands = text.matchAll(
    /(?:`|^\$ |^ {4}|npm run )boon (?:-- )?([a-z][a-z-]*)(?: ([a-z][a-z-]*))?(?=[ `\n])/gm,
  );
  return [...commands].map(([, noun = '', verb]) => [noun, ...(verb === undefined ? [] : [verb])]);
}
