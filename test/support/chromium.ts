/** A real browser, to look at web pages as a person would. */
import { type Browser, chromium } from 'playwright-core';
import { executableNamedBy, executableOnPath } from '../../src/local/executable.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** It asks nobody for updates and works without a display, also as root and on a machine without a graphics card. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The path of a Chromium: the one that `BOON_CHROMIUM` names, or one on the PATH. Throws a sentence on what to do. */
export function findChromium(env: NodeJS.ProcessEnv): string {
  const named = executableNamedBy(env, 'BOON_CHROMIUM');
  const found = named ?? NAMES.map((name) => executableOnPath(env, name)).find((path) => path !== undefined);
  if (found !== undefined) return found;
  throw new Error(
    'No Chromium was found: install one with `apt-get install chromium`, or set BOON_CHROMIUM to its path.',
  );
}

/** Starts it with a profile of its own, which goes with it when it is closed. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: findChromium(process.env), args: ARGUMENTS });
}
