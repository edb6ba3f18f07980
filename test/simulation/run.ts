/** Episode after episode of a seed. */
import { Episode, EpisodeFailed } from './episode.ts';
import type { Fault } from './fault.ts';
import type { PartName } from './part.ts';
import { type Script, script } from './steps.ts';
import { World } from './world.ts';

/** Of a part's steps every so many is compared thoroughly; one that fails is played again, with a close look at each. */
const THOROUGH = 5;
/** Steps of one episode: so many that things meet each other, so few that a failure is short. */
const EPISODE = 500;

export type Failure = {
  /** The episode's own seed. */
  seed: number;
  script: Script;
  /** How many steps of the episode were done. */
  steps: number;
  message: string;
};
export type Report = { seed: number; steps: number; failure: Failure | undefined };

export type RunOptions = {
  adminUrl: string;
  /** A migrated database. */
  template: string;
  seed: number;
  steps: number;
  /** Those of all parts, unless it says otherwise. */
  parts?: readonly PartName[] | undefined;
  fault?: Fault | undefined;
  /** Databases that are used at once; the outcome does not depend on it. */
  worlds?: number;
  progress?: (steps: number) => void;
};

/** Runs so many steps of a seed, or until one fails: the first by the order of episodes. */
export async function run(options: RunOptions): Promise<Report> {
  const { seed, steps, worlds = 2, progress = () => undefined } = options;
  const episodes = Math.ceil(steps / EPISODE);
  let next = 0;
  let done = 0;
  const failures = new Map<number, Failure>();
  const work = async () => {
    const world = await World.open(options.adminUrl, options.template, options.fault);
    try {
      while (next < episodes && failures.size === 0) {
        const number = next++;
        const own = episodeSeed(seed, number);
        const all = script(own, Math.min(EPISODE, steps - number * EPISODE), options.parts);
        const failed = await playClosely(world, all, () => {
          // What comes behind a failure does not matter; what comes before it may fail too.
          if (Math.min(...failures.keys()) < number) throw new Stopped();
          progress(++done);
        });
        if (failed === 'stopped') return;
        if (failed !== undefined)
          failures.set(number, { seed: own, script: all, steps: failed.index, message: failed.message });
      }
    } finally {
      await world.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(worlds, episodes) }, work));
  const first = Math.min(...failures.keys());
  return { seed, steps: done, failure: failures.get(first) };
}

/** Plays one script, with a close look at each step. @returns how it failed, if it did */
export async function play(world: World, what: Script): Promise<EpisodeFailed | undefined> {
  const failed = await playUnless(world, what);
  return failed === 'stopped' ? undefined : failed;
}

/** Plays it fast; what fails is played again up to there, so that the failure tells the step that was wrong first. */
async function playClosely(
  world: World,
  what: Script,
  done: () => void,
): Promise<EpisodeFailed | undefined | 'stopped'> {
  const failed = await playUnless(world, what, { thorough: THOROUGH, done });
  if (!(failed instanceof EpisodeFailed)) return failed;
  if (failed.index === what.steps.length) return failed;
  const close = await play(world, { ...what, steps: what.steps.slice(0, failed.index + 1) });
  return close !== undefined && close.index <= failed.index ? close : failed;
}

async function playUnless(
  world: World,
  what: Script,
  how?: Parameters<typeof Episode.play>[2],
): Promise<EpisodeFailed | undefined | 'stopped'> {
  try {
    await Episode.play(world, what, how);
    return undefined;
  } catch (error) {
    if (error instanceof EpisodeFailed) return error;
    if (error instanceof Stopped) return 'stopped';
    throw error;
  }
}

class Stopped extends Error {}

/** The first episode has the seed of the run, so that it can be played alone. */
function episodeSeed(seed: number, episode: number): number {
  return (seed + Math.imul(episode, 0x9e3779b1)) | 0;
}
