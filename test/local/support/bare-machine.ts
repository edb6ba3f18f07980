import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../../src/local/machine.ts';
import type { Run } from '../../../src/local/run-command.ts';
import type { SdkDownload } from '../../../src/local/sdk-download.ts';
import { executable, scratchFolder } from './scratch.ts';

/** A machine on which nothing is installed, with no connection and an empty cache. */
export interface BareMachine extends Machine {
  readonly env: NodeJS.ProcessEnv;
  /** The folder on its PATH. */
  readonly bin: string;
  readonly cache: string;
  /** What was run or downloaded, in order. */
  readonly tried: string[];
}

/** What the bare machine can do after all. */
export interface Abilities {
  /** Commands found on the PATH: `go`. */
  readonly commands?: readonly string[];
  readonly run?: Run;
  readonly download?: SdkDownload;
  /** `linux-x64` when not given. */
  readonly platform?: string;
}

/** Makes such a machine in a scratch folder. */
export function bareMachine({
  commands = [],
  run,
  download,
  platform = 'linux-x64',
}: Abilities = {}): BareMachine {
  const home = scratchFolder();
  const bin = join(home, 'bin');
  const cache = join(home, 'cache');
  mkdirSync(bin);
  for (const command of commands) executable(join(bin, command));
  const tried: string[] = [];
  return {
    env: { PATH: bin, HOME: home, BOON_CACHE_DIR: cache },
    bin,
    cache,
    tried,
    platform,
    run: async (command, args, options) => {
      tried.push([command, ...args].join(' '));
      return run === undefined ? { ok: false, output: 'not found' } : run(command, args, options);
    },
    download: async (server, version, folder) => {
      tried.push(`download ${server} ${version}`);
      return download?.(server, version, folder);
    },
  };
}
