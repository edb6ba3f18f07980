/** How long `boon --help` takes, as a process. The first one, which fills the compile cache, does not count. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from './support/bench.ts';
import type { Figure } from './support/figure.ts';

const PROGRAM = join(import.meta.dirname, '../src/cli/boon.ts');
const SCREENS = [['--help'], ['gift', 'send', '--help']];

export const help: Bench = async ({ folder, rounds, progress }) => {
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  return SCREENS.map((args): Figure => {
    const name = `boon ${args.join(' ')}`;
    const taken: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      progress(`help: ${name}, ${round} of ${rounds}`);
      const began = performance.now();
      const flags = ['--disable-warning=ExperimentalWarning', PROGRAM, ...args];
      const { status } = spawnSync(process.execPath, flags, { env });
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
      if (round > 0) taken.push((performance.now() - began) / 1_000);
    }
    return { name, rounds: taken, unit: 's', bound: { most: 0.3 } };
  });
};
