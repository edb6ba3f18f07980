import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../../src/local/run-command.ts';

const SOURCES = join(import.meta.dirname, '../../src');

/** Imports a module in a process of its own and prints every module that this loaded. */
const PROBE = `
  import { registerHooks } from 'node:module';
  const loaded = [];
  registerHooks({ resolve: (name, context, next) => { const found = next(name, context); loaded.push(found.url); return found; } });
  await import(process.argv[1]);
  console.log(JSON.stringify(loaded));
`;

async function modulesLoadedBy(file: string): Promise<string[]> {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    PROBE,
    join(SOURCES, file),
  ];
  const { ok, output } = await runCommand(process.execPath, args);
  expect(ok, output).toBe(true);
  return JSON.parse(output);
}

test('the client needs no package at run time', async () => {
  const modules = await modulesLoadedBy('client/index.ts');
  expect(modules.some((url) => url.endsWith('/src/client/boon-client.ts'))).toBe(true);
  expect(modules.filter((url) => url.includes('/node_modules/'))).toEqual([]);
});

test('the contracts need no package either, not even Temporal’s, nor ledger and server', async () => {
  const modules = await modulesLoadedBy('contracts/index.ts');
  expect(modules.some((url) => url.endsWith('/src/contracts/gifts/gift.ts'))).toBe(true);
  expect(modules.filter((url) => /\/node_modules\/|\/src\/(ledger|http)\//.test(url))).toEqual([]);
});
