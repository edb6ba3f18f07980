import { readFile, rename, writeFile } from 'node:fs/promises';
import { systemErrorCode } from './setup-error.ts';

/**
 * A secret that is kept in a file, readable by its owner only; made at the first need of it.
 *
 * @param make gives a new secret, one line of text
 */
export async function keptSecret(file: string, make: () => string): Promise<string> {
  return (await readSecret(file)) ?? (await keepSecret(file, make()));
}

/** The secret in the file, or undefined when there is none. */
export async function readSecret(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim() || undefined;
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
    return undefined;
  }
}

/** Writes the secret; the file is whole or not there. */
export async function keepSecret(file: string, secret: string): Promise<string> {
  const beside = `${file}.${process.pid}`;
  await writeFile(beside, `${secret}\n`, { mode: 0o600 });
  await rename(beside, file);
  return secret;
}
