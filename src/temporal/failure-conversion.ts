/** Where the failure converter lies: Temporal's SDK loads it by its path, into workers and into the workflows' bundle. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The file of a module: compiled, or as it was written. */
export function besideThis(module: string): string {
  const compiled = fileURLToPath(new URL(`${module}.js`, import.meta.url));
  return existsSync(compiled) ? compiled : compiled.replace(/\.js$/, '.ts');
}

export const FAILURE_CONVERTER = besideThis('../workflows/failure-converter');
