/** What people read of Boon, in an API document or a log, is plain English of the field. */
import { globSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '../../src');

/** Turns that a reader stumbles over, and what to write instead. */
const PUT_BETTER: readonly [RegExp, instead: string][] = [
  [/\botherwise than\b/, 'differs from'],
  [/\bsee(s|n)? to it\b/, 'make sure, fix'],
  [/\bprocess(es)? (was|were) not told\b/, 'could not signal the workflow'],
  [/\b(is|was|are|were) told (too )?late\b/, 'reported late'],
];

/** Turns that stand nowhere: not in a page, a comment, a message or the name of a test. */
const NOWHERE: readonly [RegExp, instead: string][] = [
  [/\bwhat(ever)? (has |had )?bec(o|a)mes? of\b/i, 'what happens to'],
  [/\bmend(s|ed|ing)?\b/i, 'fix, correct, repair'],
  [/\bstands for another\b/, 'was already used for a different one'],
  [/\bso long after\b/, 'how late'],
  [/\brefused for becomes\b/, 'only then is checked'],
  [/\btold (too )?late(r)?\b/, 'reported late'],
  [/\bfor want of\b/, 'for lack of'],
  [/\bin all its time\b/, 'in total'],
  [/\b(has|had|have) gone by\b/, 'has passed'],
  [/\bheard of\b/, 'knows of, was reported'],
  [/\bneither can pay\b/, 'together cannot pay all of it'],
];
const ROOT = join(SRC, '..');
/** What was applied, recorded or released stays as it was written. */
const AS_IT_WAS = /^(src\/ledger\/migrations|test\/replay\/histories|test\/project\/words\.test)/;

test('no page, comment, message or name of a test has a turn that is worded better', () => {
  const files = globSync(
    ['{src,test,scripts,bench,docs}/**/*.{ts,sql,md,txt}', '*.md', 'packages/*/README.md'],
    {
      cwd: ROOT,
    },
  ).filter((file) => !AS_IT_WAS.test(file) && file !== 'CHANGELOG.md');
  const found = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    return NOWHERE.flatMap(([turn, instead]) => {
      const [said] = turn.exec(text) ?? [];
      return said === undefined ? [] : [`${file}: ${said} → ${instead}`];
    });
  });
  expect(files.length).toBeGreaterThan(500);
  expect(found).toEqual([]);
});

/** Texts in quotes behind `description:` and `message:`, and those that are logged. */
const READ_BY_PEOPLE =
  /\b(?:description|message|summary|title):\s*\n?\s*(['"`])(?<said>.+?)\1[,)\s]|\b(?:log|logger)\.(?:info|warn|error)\((?:[^;]*?,\s*)?(['"`])(?<logged>.+?)\3/g;

test('no description of the API and no line of the logs has a turn that is put better', async () => {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(
    files.map(async (file) =>
      [...(await readFile(join(SRC, file), 'utf8')).matchAll(READ_BY_PEOPLE)].map(
        ({ groups }) => `${file}: ${groups?.said ?? groups?.logged}`,
      ),
    ),
  );
  expect(texts.flat().length).toBeGreaterThan(300);
  const found = texts
    .flat()
    .flatMap((text) =>
      PUT_BETTER.flatMap(([turn, instead]) => (turn.test(text) ? [`${text} → ${instead}`] : [])),
    );
  expect(found).toEqual([]);
});
