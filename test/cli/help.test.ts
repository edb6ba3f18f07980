/** Help, screen by screen: `npm run vitest -- run test/cli/help.test.ts -u` writes the files anew. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { forAll, program } from '../../src/cli/program.ts';
import { boonCommand } from '../support/command-line.ts';

const FOLDER = join(import.meta.dirname, 'help');
const WIDTH = 80;

let screens: Map<string, string>;
let examples: string[];
beforeAll(async () => {
  const silent = { env: {}, print: () => {}, note: () => {} };
  screens = new Map();
  const names: string[] = [];
  forAll(await program(silent), (_, name) => names.push(name));
  for (const name of names) {
    const { code, out } = await boonCommand([...name.split(' ').filter(Boolean), '--help']);
    expect([name, code]).toEqual([name, 0]);
    screens.set(name, out);
  }
  examples = [...screens.values()].flatMap((screen) =>
    [...screen.replaceAll(/ \\\n +/g, ' ').matchAll(/^ {2}\$ (.+)$/gm)].map(([, line]) => String(line)),
  );
});

test('every screen of help is the one that is kept', async () => {
  for (const [name, screen] of screens) {
    await expect(`${screen}\n`).toMatchFileSnapshot(join(FOLDER, fileOf(name)));
  }
  const without = readdirSync(FOLDER).filter(
    (file) => ![...screens.keys()].some((name) => fileOf(name) === file),
  );
  expect(without, 'screens of commands that are gone').toEqual([]);
});

function fileOf(name: string): string {
  return `${name === '' ? 'boon' : name.replaceAll(' ', '-')}.txt`;
}

test('no line of help is wider than a terminal', () => {
  const wide = [...screens].flatMap(([name, screen]) =>
    screen
      .split('\n')
      .filter((line) => line.length > WIDTH)
      .map((line) => [name, line]),
  );
  expect(wide).toEqual([]);
});

test('help states the exit codes', () => {
  expect(screens.get('')).toMatch(/Exit codes: 0 done, 1 refused .* 2 used wrongly, 3 no answer/);
});

test('every command has an example, and every example is a command', async () => {
  const without = [...screens].filter(([, screen]) => !screen.includes('\n  $ boon ')).map(([name]) => name);
  expect(without).toEqual([]);
  const names = [...screens.keys()].filter((name) => name !== '');
  for (const example of examples) {
    expect(
      names.some((name) => `${example} `.startsWith(`boon ${name} `)),
      example,
    ).toBe(true);
  }
});
