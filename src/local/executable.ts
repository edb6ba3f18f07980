import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LocalSetupError } from './setup-error.ts';

/** Whether the path is a file that this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The executable that a setting of the environment names, or undefined when the setting is empty.
 *
 * @throws LocalSetupError when it names something else: falling back silently would hide the mistake
 */
export function executableNamedBy(env: NodeJS.ProcessEnv, setting: string): string | undefined {
  const path = env[setting];
  if (!path) return undefined;
  if (isExecutable(path)) return path;
  throw new LocalSetupError(`${setting} is ${path}, which is not an executable file: correct it or unset it`);
}

/** The first executable of this name on the PATH, or in further folders searched after it. */
export function executableOnPath(
  env: NodeJS.ProcessEnv,
  name: string,
  further: readonly string[] = [],
): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), ...further];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
