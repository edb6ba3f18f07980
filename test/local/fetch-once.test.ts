import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Fetch, fetchOnce } from '../../src/local/fetch-once.ts';
import { silent } from '../../src/local/progress.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';
import { type BareMachine, bareMachine } from './support/bare-machine.ts';
import { executable, scratchFolder } from './support/scratch.ts';

const making: Fetch = async (folder) => ({ path: executable(join(folder, 'made')) });
const failing =
  (reason: string): Fetch =>
  async () => ({ reason });

function thing({ cache }: BareMachine, ...fetches: Fetch[]) {
  const sources = fetches.map((fetch) => ({ into: join(cache, 'bin', 'thing-1'), fetch }));
  return { what: 'The thing', sources, remedy: 'install it' };
}

test('what is in the cache is not fetched again', async () => {
  const machine = bareMachine();
  const cached = executable(join(machine.cache, 'bin', 'thing-1'));
  expect(await fetchOnce(thing(machine, failing('never tried')), silent, machine)).toBe(cached);
});

test('the ways are tried one after the other, and the cache then holds the thing alone', async () => {
  const machine = bareMachine();
  const found = await fetchOnce(thing(machine, failing('not here'), making), silent, machine);
  expect(found).toBe(join(machine.cache, 'bin', 'thing-1'));
  expect(readdirSync(machine.cache)).toEqual(['bin']);
  expect(readdirSync(join(machine.cache, 'bin'))).toEqual(['thing-1']);
});

test('when every way fails, one sentence says what was tried and what to do', async () => {
  const machine = bareMachine();
  const wanted = thing(machine, failing('no connection'), failing('Go is not installed'));
  await expect(fetchOnce(wanted, silent, machine)).rejects.toThrow(
    new LocalSetupError('The thing could not be had (no connection; Go is not installed): install it'),
  );
  expect(readdirSync(machine.cache)).toEqual(['bin']);
});

test.each([
  ['a program says so', failing('OSError: [Errno 28] No space left on device')],
  [
    'the system says so',
    async () => {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
  ],
] satisfies [string, Fetch][])(
  'a full disk is told with the folder to make room in: %s',
  async (_name, fetch) => {
    const machine = bareMachine();
    await expect(fetchOnce(thing(machine, fetch), silent, machine)).rejects.toThrow(
      new RegExp(`^The thing could not be had .*: make room in ${machine.cache}, or set BOON_CACHE_DIR`),
    );
    expect(readdirSync(machine.cache)).toEqual(['bin']);
  },
);

test('what an earlier, killed process left half done is thrown away', async () => {
  const machine = bareMachine();
  const left = join(machine.cache, 'fetching-thing-1');
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, 'made'), 'half a');
  const seen: string[][] = [];
  const looking: Fetch = async (folder, ...rest) => {
    seen.push(readdirSync(folder));
    return making(folder, ...rest);
  };
  await fetchOnce(thing(machine, looking), silent, machine);
  expect(seen).toEqual([[]]);
  expect(existsSync(left)).toBe(false);
});

test('a file in the cache that cannot be run is replaced', async () => {
  const machine = bareMachine();
  mkdirSync(join(machine.cache, 'bin'), { recursive: true });
  writeFileSync(join(machine.cache, 'bin', 'thing-1'), 'half a');
  const found = await fetchOnce(thing(machine, making), silent, machine);
  expect(await fetchOnce(thing(machine, failing('never tried')), silent, machine)).toBe(found);
});

test('a fetch that throws leaves nothing behind, and the next one goes on', async () => {
  const machine = bareMachine();
  const refusing: Fetch = async (folder) => {
    writeFileSync(join(folder, 'suspicious'), '');
    throw new LocalSetupError('not the file that Boon knows');
  };
  await expect(fetchOnce(thing(machine, refusing, making), silent, machine)).rejects.toThrow('not the file');
  expect(readdirSync(machine.cache)).toEqual(['bin']);
  expect(readdirSync(join(machine.cache, 'bin'))).toEqual([]);
  expect(await fetchOnce(thing(machine, making), silent, machine)).toBe(
    join(machine.cache, 'bin', 'thing-1'),
  );
});

test('of two that need it at once one fetches and the other waits for it', async () => {
  const machine = bareMachine();
  let times = 0;
  const slow: Fetch = async (...args) => {
    times += 1;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return making(...args);
  };
  const lines: string[] = [];
  const one = () => fetchOnce(thing(machine, slow), (line) => lines.push(line), machine);
  const [first, second] = await Promise.all([one(), one()]);
  expect(first).toBe(second);
  expect(times).toBe(1);
  expect(lines).toEqual([`Waiting for process ${process.pid}: it is fetching the thing …`]);
});

test('a cache that cannot be written names its setting', async () => {
  const machine = bareMachine();
  const file = executable(join(scratchFolder(), 'file'));
  const env = { ...machine.env, BOON_CACHE_DIR: join(file, 'cache') };
  const wanted = thing({ ...machine, cache: env.BOON_CACHE_DIR }, making);
  await expect(fetchOnce(wanted, silent, { ...machine, env })).rejects.toThrow(
    /cannot be written \(ENOTDIR\): set BOON_CACHE_DIR/,
  );
});
