import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keepSecret } from '../kept-secret.ts';
import type { Cast } from './cast.ts';

/** Notes in the data folder that the story was played there, and with whom. */
export async function keepCast(dataDir: string, cast: Cast): Promise<void> {
  await keepSecret(fileIn(dataDir), JSON.stringify(cast));
}

/** The accounts of the last time that the story was played on this data folder; undefined if it never was. */
export async function keptCast(dataDir: string): Promise<Cast | undefined> {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8'));
  } catch {
    return undefined;
  }
}

function fileIn(dataDir: string): string {
  return join(dataDir, 'story.json');
}
