/** One shape for all processes: whoever knows one finds the same files in every other. */
import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';

const WORKFLOWS = new URL('../../src/workflows/', import.meta.url);

const folders = (await readdir(WORKFLOWS, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

test('each process has a folder of its own', () => {
  expect(folders).toEqual([
    'billing',
    'campaigns',
    'gifts',
    'purchases',
    'referrals',
    'refunds',
    'reward-windows',
  ]);
});

test.each(folders)('%s has its process, its state, its messages and its input', async (folder) => {
  const files = await readdir(new URL(`${folder}/`, WORKFLOWS));
  expect(files).toEqual(expect.arrayContaining(['input.ts', 'messages.ts', 'process.ts', 'state.ts']));
});
