/** Runs the examples of docs/testing.md as the tests that they are. That they type-check is told by package.test.ts. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import * as vitest from 'vitest';
import { BoonHarness } from '../../src/testing/harness.ts';
import * as testing from '../../src/testing/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/testing.md'), 'utf8');
const CODE = [...PAGE.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code).join('\n');
const IMPORT = /^import \{([^}]*)\} from '([^']+)';$/gm;
const MODULES: Readonly<Record<string, object>> = { vitest, 'boon/testing': testing };

/** What the page imports, out of the modules that its names mean here. */
function imported(): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [, names = '', from = ''] of CODE.matchAll(IMPORT)) {
    const module = new Map(Object.entries(MODULES[from] ?? {}));
    for (const name of names.split(',').map((each) => each.trim())) {
      if (!name.startsWith('type ')) found[name] = module.get(name);
    }
  }
  return found;
}

const names = imported();
const body = stripTypeScriptTypes(CODE.replaceAll(IMPORT, ''));
// The tests on the page become tests of this file.
new Function(...Object.keys(names), body)(...Object.values(names));

vitest.test('every method of the harness is on the page', () => {
  const methods = Object.getOwnPropertyNames(BoonHarness.prototype).filter((name) => name !== 'constructor');
  vitest.expect(methods.filter((name) => !PAGE.includes(`boon.${name}`))).toEqual([]);
});
