/** A failing seed in words: what was wrong, after which steps, and how to play it again. */

import { type Failure, play } from './run.ts';
import { shrink } from './shrink.ts';
import type { Step } from './steps.ts';
import type { World } from './world.ts';

export type Shortest = { seed: number; of: number; message: string; steps: Step[] };

/** Makes a failure as short as can be; what it says is that of the shortest. */
export async function shorten(world: World, failure: Failure, budget?: number): Promise<Shortest> {
  const { seed } = failure;
  let { message } = failure;
  const upTo = failure.script.steps.slice(0, failure.steps + 1);
  const fails = async (steps: readonly Step[]) => {
    const failed = await play(world, { ...failure.script, steps: [...steps] });
    if (failed !== undefined) message = failed.message;
    return failed?.index;
  };
  const steps = await shrink(upTo, fails, budget);
  return { seed, of: upTo.length, message, steps };
}

/** @param options more of the command that plays it again */
export function inWords({ seed, of, message, steps }: Shortest, options = ''): string {
  const lines = steps.map(({ part, command, client, skew, trouble }, n) => {
    const { do: what, ...how } = command;
    const clock = skew === 0 ? '' : `, clock ${skew > 0 ? '+' : ''}${skew} ms`;
    const trouble_ = trouble === undefined ? '' : `, ${trouble}`;
    return `${String(n + 1).padStart(3)}. ${part}: ${what} ${JSON.stringify(how)} (client ${client}${clock}${trouble_})`;
  });
  return [
    `Seed ${seed} fails after ${of} steps. The shortest sequence found has ${steps.length}:`,
    ...lines,
    message,
    `Again: npm run simulate -- --seed=${seed} --steps ${of}${options}`,
  ].join('\n');
}
