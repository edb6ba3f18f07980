import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';
import { inTurn } from './claim.ts';
import { isExecutable } from './executable.ts';
import { type Machine, makeFolder } from './machine.ts';
import { type Progress, withElapsed } from './progress.ts';
import { LocalSetupError, systemErrorCode } from './setup-error.ts';

/** What came of a try: where it lies, or, in a few words, why it could not be had. */
export type Fetched = { readonly path: string } | { readonly reason: string };

/** One way to get something, into an empty folder. */
export type Fetch = (folder: string, progress: Progress, machine: Machine) => Promise<Fetched>;

/** Something to be fetched once a machine, and the ways to get it in the order in which they are tried. */
export interface Fetchable {
  /** As a sentence begins with it: `The Temporal server`. */
  readonly what: string;
  readonly sources: readonly {
    /** Where it comes to lie in the cache: an executable, or a folder that holds it. */
    readonly into: string;
    /** The executable in that folder; left out when `into` is the executable itself. */
    readonly executable?: string;
    readonly fetch: Fetch;
  }[];
  /** What a person can do when no way leads there: `install Go`. */
  readonly remedy: string;
}

/** The executable in the cache, or undefined. */
export function inCache({ sources }: Pick<Fetchable, 'sources'>): string | undefined {
  return sources.map(executableOf).find(isExecutable);
}

/**
 * Answers from the cache, or fetches into it: of several processes that need the same, one fetches and the others wait.
 * What is fetched is renamed into place when it is whole; what a killed process left half done is removed first.
 *
 * @returns the path of the executable
 * @throws LocalSetupError with one sentence on what was tried and what to do
 */
export async function fetchOnce(wanted: Fetchable, progress: Progress, machine: Machine): Promise<string> {
  const cached = inCache(wanted);
  if (cached !== undefined) return cached;
  const [first] = wanted.sources;
  if (first === undefined) throw new Error(`There is no way to get ${wanted.what}`);
  await makeFolder(dirname(first.into), 'BOON_CACHE_DIR');
  const doing = `it is fetching ${inMidSentence(wanted.what)}`;
  return await inTurn(`${first.into}.claim`, progress, doing, async () => {
    return inCache(wanted) ?? (await fetchAnyhow(wanted, progress, machine));
  });
}

/** Runs a way to get something, saying what it is, how long it takes and whether it worked. */
export async function fetching(
  progress: Progress,
  what: string,
  fetch: () => Promise<Fetched>,
): Promise<Fetched> {
  return await withElapsed(progress, what, fetch, undefined, (fetched) => 'path' in fetched);
}

async function fetchAnyhow(
  { what, sources, remedy }: Fetchable,
  progress: Progress,
  machine: Machine,
): Promise<string> {
  const reasons: string[] = [];
  const cache = cacheFolder(machine.env);
  for (const source of sources) {
    const folder = join(cache, `fetching-${basename(source.into)}`);
    await rm(folder, { recursive: true, force: true });
    await makeFolder(folder, 'BOON_CACHE_DIR');
    try {
      const fetched = await source.fetch(folder, progress, machine);
      if ('path' in fetched) {
        await rm(source.into, { recursive: true, force: true });
        await mkdir(dirname(source.into), { recursive: true });
        await rename(fetched.path, source.into);
        return executableOf(source);
      }
      reasons.push(fetched.reason);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === undefined) throw error;
      reasons.push(`${cache} cannot be written: ${code}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const isFull = reasons.some((reason) => /ENOSPC|No space left/.test(reason));
  const whatToDo = isFull ? `make room in ${cache}, or set BOON_CACHE_DIR to another folder` : remedy;
  throw new LocalSetupError(`${what} could not be had (${reasons.join('; ')}): ${whatToDo}`);
}

function executableOf({ into, executable }: Fetchable['sources'][number]): string {
  return executable === undefined ? into : join(into, executable);
}

function inMidSentence(what: string): string {
  return what.charAt(0).toLowerCase() + what.slice(1);
}
