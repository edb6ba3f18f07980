/** What people read of Boon, in an API document or a log, is plain English of the field. */
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
