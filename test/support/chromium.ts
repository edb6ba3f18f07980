/** A real browser, to look at web pages as a person would. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { cacheFolder } from '../../src/local/cache-folder.ts';
import { executableNamedBy, executableOnPath, isExecutable } from '../../src/local/executable.ts';
import { type Fetch, fetching, fetchOnce } from '../../src/local/fetch-once.ts';
import { type Machine, thisMachine } from '../../src/local/machine.ts';
import { type Progress, silent } from '../../src/local/progress.ts';
import { lastLine } from '../../src/local/run-command.ts';
import { LocalSetupError } from '../../src/local/setup-error.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * It asks nobody for updates and works without a display, also as root and on a machine without a graphics card. The
 * package's own arguments are not used: they switch web security off.
 */
const ARGUMENTS = [
  '--headless=shell',
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A Chromium, and the variables that it needs besides ours. */
export type ChromiumFound = { executable: string; env: Record<string, string> };

/**
 * Finds a Chromium: the one that `BOON_CHROMIUM` names, one on the PATH, Playwright's own, or the one that npm
 * installed, which is unpacked into Boon's cache once.
 *
 * @throws LocalSetupError with a sentence on what to do
 */
export async function findChromium(
  progress: Progress = silent,
  machine: Machine = thisMachine,
  playwrights: string = chromium.executablePath(),
): Promise<ChromiumFound> {
  const { env } = machine;
  const named = executableNamedBy(env, 'BOON_CHROMIUM');
  const onPath = NAMES.map((name) => executableOnPath(env, name)).find((path) => path !== undefined);
  const installed = named ?? onPath ?? [playwrights].find(isExecutable);
  if (installed !== undefined) return { executable: installed, env: {} };
  if (machine.platform !== 'linux-x64') {
    throw new LocalSetupError(
      'No Chromium was found for the tests in a browser: install one, or set BOON_CHROMIUM to its path',
    );
  }
  const executable = await unpacked(progress, machine);
  const folder = dirname(executable);
  return {
    executable,
    // Shared libraries that small systems lack, and a font.
    env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  };
}

/** Starts it with a profile of its own, which goes with it when it is closed. */
export async function startChromium(): Promise<Browser> {
  const { executable, env } = await findChromium();
  return await chromium.launch({
    executablePath: executable,
    args: ARGUMENTS,
    env: { ...process.env, ...env },
  });
}

function unpacked(progress: Progress, machine: Machine): Promise<string> {
  const require = createRequire(import.meta.url);
  const main = require.resolve('@sparticuz/chromium');
  const { version } = createRequire(main)('../package.json');
  const into = join(cacheFolder(machine.env), `chromium-${version}`);
  return fetchOnce(
    {
      what: 'A Chromium for the tests in a browser',
      sources: [{ into, executable: 'chromium', fetch: unpackedFrom(main, into) }],
      remedy: 'install one, or set BOON_CHROMIUM to its path',
    },
    progress,
    machine,
  );
}

/**
 * The package unpacks into the folder for temporary files, and takes what lies there for whole. So it does so in a
 * process of its own, with a folder of its own. It unpacks the shared libraries only where it finds itself on AWS.
 */
function unpackedFrom(main: string, into: string): Fetch {
  return (folder, progress, machine) =>
    fetching(progress, 'Unpacking Chromium (once)', async () => {
      const env = { ...machine.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
      const program = `import(${JSON.stringify(pathToFileURL(main))}).then((chromium) => chromium.default.executablePath())`;
      const { ok, output } = await machine.run(process.execPath, ['-e', program], { env });
      if (!ok) return { reason: `npm’s Chromium could not be unpacked: ${lastLine(output)}` };
      await writeFile(join(folder, 'fonts', 'fonts.conf'), fontsConfiguration(join(into, 'fonts')));
      return { path: folder };
    });
}

/** The package's own names folders of AWS. */
function fontsConfiguration(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/cache</cachedir>
</fontconfig>
`;
}
