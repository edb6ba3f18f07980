import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/**
 * Runs TypeScript's compiler; throws when it finds a fault. In one thread: each one more works out the same types once
 * more, which takes twice the CPU.
 */
export function compile(...args: string[]): void {
  const compiler = createRequire(import.meta.url)
    .resolve('typescript/package.json')
    .replace('package.json', 'bin/tsc');
  execFileSync(process.execPath, [compiler, '--singleThreaded', ...args], { stdio: 'inherit', cwd: ROOT });
}
